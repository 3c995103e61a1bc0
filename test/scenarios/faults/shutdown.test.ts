import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import type { Child } from '../../support/child.js';
import { ServerChild } from '../../support/server-child.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const WAITERS = 1000;
const WITHIN_MS = 10_000;

test(`SIGTERM with ${WAITERS} waiters: each is answered 503 shutting_down, exit 0 within 10 s`, async (t) => {
  const root = CheckpointRoot.make(t);
  const db = join(temporaryFolder(t), 'db');
  const server = await ServerChild.start(t, [root.path, '--db', db, '--log-level', 'debug']);
  const waiting = Array.from({ length: WAITERS }, (_, index) =>
    index % 4 === 0
      ? server.post('/leases', { until: 1, timeout: 120 })
      : server.get('/wait?until=1&timeout=120'),
  );
  await logged(server.child, 'wait started', WAITERS);

  const beganMs = performance.now();
  server.child.kill('SIGTERM');
  for (const answer of await Promise.all(waiting)) {
    await server.problem(Promise.resolve(answer), 503, 'shutting_down');
    assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/);
  }
  assert.equal(await server.child.exit(WITHIN_MS), 0);
  const tookMs = performance.now() - beganMs;
  assert.ok(tookMs < WITHIN_MS, `${tookMs} ms`);
  t.diagnostic(`answered and ended in ${Math.round(tookMs)} ms`);
});

/** Resolves when the log has so many lines with the text. */
function logged(child: Child, text: string, count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (child.stderr.split(text).length > count) resolve();
    };
    child.process.stderr?.on('data', look);
    child.process.once('close', () => reject(new Error(`ended: ${child.stderr.slice(-2_000)}`)));
    look();
  });
}
