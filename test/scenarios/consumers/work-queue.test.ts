import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import { Child } from '../../support/child.js';
import type { Json } from '../../support/http-client.js';
import { ServerChild } from '../../support/server-child.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const WORKER = fileURLToPath(new URL('./worker.js', import.meta.url));
const STEPS = 60;
const WITHIN_MS = 120_000;

test('four workers on one consumer, two of them killed with a delivery in hand: each step is acknowledged exactly once', async (t) => {
  const root = CheckpointRoot.make(t);
  const server = await ServerChild.start(t, [root.path, '--db', join(temporaryFolder(t), 'db')]);
  const settings = { mode: 'every', start: 'earliest', max_in_flight: 4, max_pending: 100 };
  await server.ok(server.put('/consumers/queue', settings), 201);
  const workers = ['3', '7', 'never', 'never'].map(
    (hangsAt, index) => new Child(t, WORKER, [server.base, `worker-${index}`, hangsAt]),
  );
  for (let step = 1; step <= STEPS; step += 1) root.save(step);
  const [first, second, ...survivors] = workers;
  assert.ok(first !== undefined && second !== undefined);
  for (const [worker, deliveries] of [
    [first, 3],
    [second, 7],
  ] as const) {
    await worker.until('stdout', new RegExp(`^(?:[^\\n]*\\n){${2 * deliveries - 1}}`), WITHIN_MS);
    worker.kill('SIGKILL');
    assert.equal(await worker.exit(), 'SIGKILL');
  }

  await server.ok(server.post('/runs/default/finish', {}));
  for (const worker of survivors) assert.equal(await worker.exit(WITHIN_MS), 0, worker.stderr);

  const results: readonly Json[] = (await server.ok(server.get('/consumers/queue/results'))).items;
  assert.deepEqual(
    results.map(({ step }) => step).sort((a, b) => a - b),
    Array.from({ length: STEPS }, (_, index) => index + 1),
  );
  const acked = workers.flatMap(({ stdout }) =>
    [...stdout.matchAll(/"acked":(\d+)/g)].map(([, step]) => Number(step)),
  );
  assert.equal(acked.length, STEPS, 'no worker acknowledged what another did');
  const again = results.filter(({ attempts }) => attempts > 1);
  assert.equal(again.length, 2, 'what the killed ones had was delivered again');
  assert.equal((await server.ok(server.get('/runs/default'))).snapshots.count, 0);
  const shares = results.reduce((share: Json, { result }) => {
    share[result.holder] = (share[result.holder] ?? 0) + 1;
    return share;
  }, {});
  t.diagnostic(`acknowledged by: ${JSON.stringify(shares)}`);
});
