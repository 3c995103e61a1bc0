import assert from 'node:assert/strict';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { eventually } from '../support/eventually.js';
import { edit, exists, publishedName, rows, snapshotEntries } from './support/aftermath.js';
import { leased, type Stage } from './support/stage.js';
import { filesUnder } from './support/trainer.js';

test('stopped after the rows of a grant: neither lease nor snapshot is left', async (t) => {
  const { stage, lease } = await leased(t);
  const home = dirname(dirname(lease.path));

  await stage.restart(async () => {
    edit(stage, `update leases set state = 'pending'`, `update snapshots set state = 'building'`);
    await rm(dirname(lease.path), { recursive: true });
  });

  await assertNothing(stage);
  assert.equal(await exists(home), true);
});

test('stopped in the middle of a build: what was built is removed', async (t) => {
  const { stage, lease } = await leased(t);

  await stage.restart(async () => {
    edit(stage, `update leases set state = 'pending'`, `update snapshots set state = 'building'`);
    await rename(dirname(lease.path), join(stage.root, '_STEPLEASE/.tmp-1'));
    await rm(join(stage.root, '_STEPLEASE/.tmp-1/100/default/d'), { recursive: true });
  });

  await assertNothing(stage);
});

test('stopped between the rename into place and its row: the snapshot is removed', async (t) => {
  for (const snapshot_layout of ['generation', 'orbax']) {
    const { stage } = await leased(t, { run: { snapshot_layout } });

    await stage.restart(() =>
      edit(stage, `update leases set state = 'pending'`, `update snapshots set state = 'building'`),
    );

    await assertNothing(stage, snapshot_layout === 'orbax' ? '_SNAPSHOTS' : '_STEPLEASE');
  }
});

test('stopped between the ready snapshot and the lease: nobody holds it, so it is removed', async (t) => {
  const { stage } = await leased(t);

  await stage.restart(() => edit(stage, `update leases set state = 'pending'`));

  await assertNothing(stage);
});

test('stopped at any point of a removal: it is finished', async (t) => {
  for (const snapshot_layout of ['generation', 'orbax']) {
    const name = snapshot_layout === 'orbax' ? '_SNAPSHOTS' : '_STEPLEASE';
    for (const leave of [
      async () => undefined,
      (published: string, trash: string) => rename(published, trash),
      async (published: string, trash: string) => {
        await rename(published, trash);
        await rm(join(trash, snapshot_layout === 'orbax' ? 'default' : '100/default'), { recursive: true });
      },
      (published: string) => rm(published, { recursive: true }),
    ]) {
      const { stage, lease } = await leased(t, { run: { snapshot_layout } });

      await stage.restart(async () => {
        edit(
          stage,
          `update leases set state = 'released', ended_at = granted_at`,
          `update snapshots set state = 'deleting'`,
        );
        const published = snapshot_layout === 'orbax' ? lease.path : dirname(lease.path);
        await leave(published, join(stage.root, name, '.trash-1'));
      });

      await stage.observed.next('snapshotRemoved');
      assert.deepEqual(await snapshotEntries(stage, name), []);
      assert.deepEqual(rows(stage, 'snapshots'), []);
      assert.deepEqual(await stage.history('types=snapshot.deleted'), ['snapshot.deleted 100']);
      assert.equal((await stage.show(lease)).state, 'released');
    }
  }
});

test('leftovers that no row knows are removed, and nothing else', async (t) => {
  const { stage, lease } = await leased(t);
  const at = (...parts: readonly string[]) => join(stage.root, '_STEPLEASE', ...parts);

  await stage.restart(async () => {
    for (const name of [
      '.tmp-77',
      '.trash-78',
      '1a-2b-3c',
      '1a-2b-3c.0',
      'notes of an administrator',
      'RESULTS',
    ])
      await mkdir(at(name, '100'), { recursive: true });
  });

  assert.deepEqual(
    await snapshotEntries(stage),
    ['RESULTS', publishedName(lease), 'notes of an administrator'].sort(),
  );
  assert.ok(await filesUnder(lease.path));
});

test('layout orbax: what is not ours in _SNAPSHOTS is left alone', async (t) => {
  const { stage } = await leased(t, { run: { snapshot_layout: 'orbax' } });

  await stage.restart(async () => {
    await mkdir(join(stage.root, '_SNAPSHOTS/.trash-78'));
    await mkdir(join(stage.root, '_SNAPSHOTS/55'));
  });

  assert.deepEqual(await snapshotEntries(stage, '_SNAPSHOTS'), ['100', '55']);
});

test('layout orbax: undoing a build takes nothing away from who has the path', async (t) => {
  const { stage, lease } = await leased(t, { run: { snapshot_layout: 'orbax' } });
  const before = await filesUnder(lease.path);

  // As a stop leaves it in which the next generation of the step was being built, and found the path occupied.
  await stage.restart(() => {
    edit(
      stage,
      `insert into snapshots select 2, run, 'x-y-z', step, step_name, 'building', mode, layout,
         snapshot_directory, path, 'another digest', size_bytes, file_count, created_at from snapshots`,
    );
  });

  assert.deepEqual(await filesUnder(lease.path), before);
  assert.equal((await stage.renew(lease)).status, 200);
  assert.ok(await eventually(() => rows(stage, 'snapshots').length === 1));
});

test('layout orbax: a stranger who moved in after a snapshot was taken away stays', async (t) => {
  const { stage, lease } = await leased(t, { run: { snapshot_layout: 'orbax' } });

  await stage.restart(async () => {
    edit(
      stage,
      `update leases set state = 'released', ended_at = granted_at`,
      `update snapshots set state = 'deleting'`,
    );
    await rename(lease.path, join(stage.root, '_SNAPSHOTS/.trash-1'));
    await mkdir(lease.path);
    await writeFile(join(lease.path, 'mine'), 'hands off');
  });

  await stage.observed.next('snapshotRemoved');
  assert.deepEqual(await filesUnder(lease.path), { mine: 'hands off' });
  assert.deepEqual(await snapshotEntries(stage, '_SNAPSHOTS'), ['100']);
});

/** Neither lease nor snapshot, on disk and in the database; and the step can be leased again. */
async function assertNothing(stage: Stage, name = '_STEPLEASE'): Promise<void> {
  await eventually(() => rows(stage, 'snapshots').length === 0);
  assert.deepEqual(rows(stage, 'snapshots'), []);
  assert.deepEqual(rows(stage, 'leases'), []);
  assert.deepEqual(await snapshotEntries(stage, name), []);
  const lease = await stage.lease({ step: 100 });
  assert.ok(lease.number > 1, 'no number is used twice');
  assert.deepEqual(await filesUnder(lease.path), await filesUnder(stage.trainer.path(100)));
}
