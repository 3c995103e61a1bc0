import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import { Child } from '../../support/child.js';
import { HttpClient } from '../../support/http-client.js';
import { MAIN } from '../../support/server-child.js';
import { memoryFolder } from '../../support/temporary-folder.js';

const ENTRIES = 100_000;
const READY_WITHIN_MS = 60_000;
/** Far above a poll interval, far below what looking at all of them takes. */
const FOUND_WITHIN_MS = 5_000;

test(`with ${ENTRIES} entries in a root the server answers while it looks at them, and a new step is found at once`, async (t) => {
  const folder = memoryFolder(t);
  const root = new CheckpointRoot(join(folder, 'run'));
  mkdirSync(root.path);
  // One in ten is named like a step, and looked into again and again, for it may become one.
  for (let count = 1; count <= ENTRIES; count += 1)
    mkdirSync(root.at(count % 10 === 0 ? count : `other-${count}`));
  const child = new Child(t, MAIN, ['serve', root.path, '--port', '0', '--db', join(folder, 'db')]);
  const beganMs = performance.now();
  const [, base = ''] = await child.until('stdout', /listening on (http:\/\/\S+)\n/, READY_WITHIN_MS);
  const server = new HttpClient();
  server.base = base;
  while ((await server.get('/readyz')).status !== 200) await server.ok(server.get('/livez'));
  const readyMs = performance.now() - beganMs;

  const wait = server.get(`/wait?until=${ENTRIES + 1}&timeout=30`);
  const savedMs = performance.now();
  root.save(ENTRIES + 1);
  assert.equal((await server.ok(wait)).step, ENTRIES + 1);
  const foundMs = performance.now() - savedMs;
  await server.ok(server.post('/leases', { step: ENTRIES + 1 }), 201);

  t.diagnostic(`ready after ${Math.round(readyMs)} ms, a new step found after ${Math.round(foundMs)} ms`);
  assert.ok(readyMs < READY_WITHIN_MS, `${readyMs} ms`);
  assert.ok(foundMs < FOUND_WITHIN_MS, `${foundMs} ms`);
});
