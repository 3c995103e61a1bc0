import assert from 'node:assert/strict';
import test from 'node:test';
import { code, EngineStage } from '../support/engine-stage.js';

test('a run is there after a restart, with its options and its steps', async (t) => {
  const stage = await EngineStage.set(t, { maxLeasesPerStep: 7 });
  await stage.save(3);
  const before = await stage.view.runs.get('r');

  await stage.restart();

  const after = await stage.view.runs.get('r');
  assert.deepEqual(after.options, before.options);
  assert.equal((await stage.view.steps.get('r', 'latest')).step, 3);
});

test('a run with an active lease is removed only by force, which breaks the lease', async (t) => {
  const stage = await EngineStage.set(t);
  await stage.save(1);
  const lease = await stage.lease({ step: 1 });
  await assert.rejects(stage.view.runs.remove('r', false), code('run_in_use'));

  await stage.view.runs.remove('r', true);

  assert.equal((await stage.view.leases.get(lease.id)).state, 'broken');
  await assert.rejects(stage.view.runs.get('r'), code('run_not_found'));
});

test('a directory belongs to one run', async (t) => {
  const stage = await EngineStage.set(t);

  await assert.rejects(stage.view.runs.put('s', stage.trainer.directory, {}), code('directory_taken'));
});
