import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Child } from '../../support/child.js';
import type { HttpClient, Json } from '../../support/http-client.js';
import { ServerChild } from '../../support/server-child.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { SteadyWorker } from './steady-worker.js';

const STEPS = Number(process.env['STEPLEASE_TEST_STEPS'] ?? 200);
const KILLED_AT = [0.25, 0.5, 0.75].map((part) => 100 * Math.round(part * STEPS));
/** Python with JAX takes seconds to start. */
const WITHIN_MS = 300_000;
// The script is not compiled: it lies beside this file's source.
const TRAINER = fileURLToPath(new URL('../../../../test/scenarios/orbax/trainer.py', import.meta.url));

test(`Orbax saves ${STEPS} steps as fast as it can and keeps one, the server is killed three times: each step is delivered, or skipped with an event, or was never seen`, async (t) => {
  const folder = temporaryFolder(t);
  const root = join(folder, 'run');
  mkdirSync(root);
  const args = [root, '--db', join(folder, 'db')];
  let server = await ServerChild.start(t, args);
  const settings = { mode: 'every', start: 'earliest', max_pending: 500, max_deliver: 100 };
  await server.ok(server.put('/consumers/steady', settings), 201);
  const worker = new SteadyWorker(() => server);
  const working = worker.work();
  working.catch(() => undefined);
  const python = process.env['STEPLEASE_TEST_PYTHON'];
  assert.ok(python, 'STEPLEASE_TEST_PYTHON must name a Python with test/scenarios/requirements.txt');
  const training = [root, String(STEPS), '0', '--max-to-keep', '1'];
  const trainer = new Child(t, TRAINER, training, { JAX_PLATFORMS: 'cpu' }, python);

  for (const step of KILLED_AT) {
    await trainer.until('stdout', new RegExp(`"step": ${step},`), WITHIN_MS);
    server.child.kill('SIGKILL');
    assert.equal(await server.child.exit(), 'SIGKILL');
    server = await ServerChild.start(t, args);
  }
  assert.equal(await trainer.exit(WITHIN_MS), 0, trainer.stderr.slice(-2_000));
  await server.ok(server.post('/runs/default/finish', {}));
  await working;

  const events = await eventsOf(server);
  const steps = (type: string) => events.filter((event) => event.type === type).map(({ data }) => data.step);
  const finalized = new Set(steps('step.finalized'));
  const skipped = steps('consumer.skipped');
  const results: readonly Json[] = (await server.ok(server.get('/consumers/steady/results'))).items;
  const delivered = results.map(({ step }) => step);
  assert.deepEqual(delivered, worker.acknowledged, 'what was acknowledged is kept');
  assert.deepEqual(
    delivered,
    [...delivered].sort((a, b) => a - b),
    'in order',
  );
  assert.deepEqual(
    [...delivered, ...skipped].sort((a, b) => a - b),
    [...finalized].sort((a, b) => a - b),
  );
  assert.ok(events.every(({ type, data }) => type !== 'consumer.skipped' || data.reason === 'deleted'));
  assert.equal((await server.ok(server.get('/runs/default'))).snapshots.count, 0);
  const saved = Array.from({ length: STEPS }, (_, index) => 100 * (index + 1));
  const unseen = saved.filter((step) => !finalized.has(step));
  t.diagnostic(
    `${delivered.length} delivered, skipped: [${skipped}], never seen by a running server: [${unseen}]; killed after ${KILLED_AT}`,
  );
});

async function eventsOf(server: HttpClient): Promise<readonly Json[]> {
  const events: Json[] = [];
  for (let after = ''; ; ) {
    const page = await server.ok(server.get(`/events?limit=1000${after}`));
    events.push(...page.items);
    if (!page.more) return events;
    after = `&after=${page.cursor}`;
  }
}
