import assert from 'node:assert/strict';
import test from 'node:test';
import { filesUnder, SMALL } from '../../contract/support/trainer.js';
import { EngineStage } from '../support/engine-stage.js';

test('a snapshot keeps every byte of a step that its trainer deletes', async (t) => {
  const stage = await EngineStage.set(t);
  await stage.save(1);
  const { path } = await stage.lease({ step: 1 });

  await stage.trainer.delete(1);

  const { _CHECKPOINT_METADATA: metadata, ...files } = (await filesUnder(path)) ?? {};
  assert.deepEqual(files, SMALL);
  assert.notEqual(metadata, undefined);
});

test('the holders of a generation share one snapshot, which goes with the last of them', async (t) => {
  const stage = await EngineStage.set(t);
  await stage.save(1);
  const [first, second] = await Promise.all([stage.lease({ step: 1 }), stage.lease({ step: 1 })]);
  assert.equal(first.path, second.path);
  assert.equal(stage.storage.state.snapshots.size, 1);

  await stage.view.leases.release(first.id);
  assert.notEqual(await filesUnder(second.path), null);
  await stage.view.leases.release(second.id);

  assert.equal(await filesUnder(second.path), null);
});

test('what a snapshot was is never published again: the next one has a path of its own', async (t) => {
  const stage = await EngineStage.set(t);
  await stage.save(1);
  const first = await stage.lease({ step: 1 });
  await stage.view.leases.release(first.id);

  const second = await stage.lease({ step: 1 });

  assert.equal(second.generation, first.generation);
  assert.notEqual(second.path, first.path);
});

test('in mode none nothing is linked, and the lease says so', async (t) => {
  const stage = await EngineStage.set(t, { snapshotMode: 'none' });
  await stage.save(1);

  const lease = await stage.lease({ step: 1 });

  assert.deepEqual([lease.snapshot, lease.path], [false, lease.source_path]);
  assert.equal(stage.storage.state.snapshots.size, 0);
});
