import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { asLease, problem, Stage } from './support/stage.js';
import { filesUnder } from './support/trainer.js';

test('layout orbax: another generation under the path makes a grant 409 snapshot_path_busy', async (t) => {
  const stage = await Stage.set(t, { run: { snapshot_layout: 'orbax' } });
  await stage.trainer.save(100, { 'default/x': 'old' });
  const old = await stage.lease({ step: 100 });
  await stage.trainer.replace(100, { 'default/x': 'new' });

  problem(await stage.grant({ step: 100 }), 409, 'snapshot_path_busy');

  assert.equal((await filesUnder(old.path))?.['default/x'], 'old');
  await stage.release(old);
  assert.equal((await filesUnder((await stage.lease({ step: 100 })).path))?.['default/x'], 'new');
});

test('layout orbax: with until the grant waits for a busy path to become free', async (t) => {
  const stage = await Stage.set(t, { run: { snapshot_layout: 'orbax' } });
  await stage.save(100, { 'default/x': 'old' });
  const old = await stage.lease({ step: 100 });
  await stage.trainer.replace(100, { 'default/x': 'new' });

  const waiting = stage.grant({ until: 100, timeout: 30 });
  await stage.event('step.finalized');
  assert.equal((await stage.release(old)).status, 204);

  const answer = await waiting;
  assert.equal(answer.status, 201);
  assert.equal((await filesUnder(asLease(answer).path))?.['default/x'], 'new');
});

test('layout orbax: a stranger under the path is left alone; without step or with until the grant waits for it to go', async (t) => {
  const stage = await Stage.set(t, { run: { snapshot_layout: 'orbax', poll_interval: 0.05 } });
  await stage.trainer.save(100);
  const stranger = join(stage.root, '_SNAPSHOTS/100');
  await mkdir(stranger, { recursive: true });
  await writeFile(join(stranger, 'mine'), 'hands off');

  problem(await stage.grant({ step: 100 }), 409, 'snapshot_path_busy');
  const late = await stage.grant({ until: 100, timeout: 0.2 });
  assert.deepEqual([late.status, late.body['reason']], [200, 'timeout']);
  assert.match(String(late.body['detail']), /_SNAPSHOTS\/100 is busy/);
  assert.deepEqual(await filesUnder(stranger), { mine: 'hands off' });

  const waiting = stage.grant({ timeout: 30 });
  await rm(stranger, { recursive: true });
  assert.equal((await waiting).status, 201);
});

test('layout orbax: a stranger who took the place of a snapshot is not removed with it', async (t) => {
  const stage = await Stage.set(t, { run: { snapshot_layout: 'orbax' } });
  await stage.trainer.save(100);
  const lease = await stage.lease({ step: 100 });
  await rm(lease.path, { recursive: true });
  await mkdir(lease.path);
  await writeFile(join(lease.path, 'mine'), 'hands off');

  problem(await stage.renew(lease), 410, 'lease_lost');

  await stage.observed.next('snapshotRemoved');
  assert.deepEqual(await filesUnder(lease.path), { mine: 'hands off' });
});
