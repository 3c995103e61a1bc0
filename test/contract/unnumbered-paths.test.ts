import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test from 'node:test';
import type { LeaseDocument } from '../../src/engine/documents.js';
import { edit, exists, publishedName, rows, snapshotEntries } from './support/aftermath.js';
import { leased, type Stage } from './support/stage.js';
import { filesUnder } from './support/trainer.js';

/** Snapshots in layout `generation` that a version published as `_STEPLEASE/<generation>/<step name>`. */

test('a lease on a snapshot whose path has no number goes on, and its path is gone when it is released', async (t) => {
  const { stage, lease } = await leased(t);
  const contents = await filesUnder(lease.path);
  const old = join(stage.root, '_STEPLEASE', lease.generation);

  await stage.restart(() => unnumber(stage, lease));

  const renewed = await stage.renew(lease);
  assert.deepEqual([renewed.status, renewed.body['path']], [200, join(old, '100')]);
  assert.deepEqual(await filesUnder(join(old, '100')), contents);
  const sharer = await stage.lease({ step: 100 });
  assert.equal(sharer.path, join(old, '100'), 'one generation has one snapshot');
  await stage.release(sharer);
  assert.equal((await stage.release(lease)).status, 204);
  assert.equal(await exists(old), false);
  await stage.event('snapshot.deleted');
  const next = await stage.lease({ step: 100 });
  assert.deepEqual(await snapshotEntries(stage), [publishedName(next)]);
  assert.equal(publishedName(next), `${lease.generation}.2`);
});

test('a snapshot whose path has no number and that nobody holds is removed at the start', async (t) => {
  for (const state of ['building', 'ready', 'deleting']) {
    const { stage, lease } = await leased(t);

    await stage.restart(async () => {
      await unnumber(stage, lease);
      edit(stage, 'delete from leases', `update snapshots set state = '${state}'`);
    });

    const next = await stage.lease({ step: 100 });
    assert.deepEqual(await snapshotEntries(stage), [publishedName(next)], state);
    assert.equal(rows(stage, 'snapshots').length, 1, state);
  }
});

async function unnumber(stage: Stage, { path, generation }: LeaseDocument): Promise<void> {
  const old = join(dirname(dirname(path)), generation);
  await rename(dirname(path), old);
  for (const table of ['snapshots', 'leases']) edit(stage, `update ${table} set path = '${old}/100'`);
}
