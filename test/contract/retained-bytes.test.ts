import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { problem, Stage } from './support/stage.js';

/** The run has steps 100 and 200, of about the same size. */
async function serving(t: TestContext, limit: number, mode = 'hardlink'): Promise<Stage> {
  const flags = { max_retained_bytes: limit };
  const stage = await Stage.set(t, { run: { snapshot_mode: mode }, flags });
  await stage.save(100);
  await stage.save(200);
  return stage;
}

test('once deleted steps take max_retained_bytes, no new snapshot is made: 507, until something is released', async (t) => {
  const stage = await serving(t, 1);
  const first = await stage.lease({ step: 100 });
  assert.equal((await stage.run()).snapshots.retained_bytes, 0);
  await stage.trainer.delete(100);
  await stage.event('step.deleted', '100');

  const { setting, limit } = problem(await stage.grant({ step: 200 }), 507, 'insufficient_storage');

  assert.deepEqual([setting, limit], ['max_retained_bytes', 1]);
  assert.equal((await stage.renew(first)).status, 200);
  assert.equal((await stage.release(first)).status, 204);
  await stage.lease({ step: 200 });
});

test('leases of a snapshot that is there are granted all the same', async (t) => {
  const stage = await serving(t, 1);
  await stage.lease({ step: 100 });
  const second = await stage.lease({ step: 200 });
  await stage.trainer.delete(100);
  await stage.event('step.deleted', '100');

  assert.notEqual((await stage.lease({ step: 200 })).id, second.id);
});

test('a copy counts at once, with what it would add', async (t) => {
  const size = (await (await serving(t, 1)).get('/steps/100?run=r')).body.size_bytes;
  const stage = await serving(t, size + 1, 'copy');
  await stage.lease({ step: 100 });

  const { limit } = problem(await stage.grant({ step: 200 }), 507, 'insufficient_storage');

  assert.equal(limit, size + 1);
});

test('a consumer holds no more steps then, and goes on when there is room', async (t) => {
  const stage = await serving(t, 1);
  const lease = await stage.lease({ step: 100 });
  await stage.trainer.delete(100);
  await stage.event('step.deleted', '100');
  await stage.call('PUT', '/consumers/c?run=r', { body: { mode: 'every' } });
  assert.match((await stage.get('/consumers/c?run=r')).body.last_error, /max_retained_bytes, which is 1/);

  await stage.release(lease);

  assert.equal((await stage.post('/consumers/c/next?run=r', { timeout: 60 })).status, 201);
});
