import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import { Child } from '../support/child.js';
import { RunningServer } from '../support/running-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const DOCUMENTATION = new URL('../../../docs/websocket.md', import.meta.url);
/** Node 20 has the WebSocket of browsers only behind this flag. */
const FLAGS = 'WebSocket' in globalThis ? '' : '--experimental-websocket';

/** Starts the program that the documentation shows. */
function evaluator(t: TestContext, server: RunningServer): Child {
  const [, program = ''] = /```js\n(.*?)```/s.exec(readFileSync(DOCUMENTATION, 'utf8')) ?? [];
  const file = join(temporaryFolder(t), 'evaluator.mjs');
  writeFileSync(file, program);
  return new Child(t, file, [server.base, 'default'], { NODE_OPTIONS: FLAGS });
}

test('the evaluator of the documentation evaluates each newest step, lets its leases go, and ends with the run', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(7);
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  const child = evaluator(t, server);
  await child.until('stdout', /^step 7: .*default/);

  root.save(9);
  await child.until('stdout', /^step 9: /m);
  await server.ok(server.post('/runs/default/finish'));

  assert.equal(await child.exit(), 0, child.stderr);
  assert.deepEqual((await server.ok(server.get('/leases'))).items, []);
  assert.equal(child.stderr.replace(/.*(ExperimentalWarning|trace-warnings).*\n/g, ''), '');
});

test('the evaluator of the documentation goes on after a restart of the server', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(7);
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  const child = evaluator(t, server);
  await child.until('stdout', /^step 7: /);

  await server.stop();
  await child.until('stderr', /connection closed with 1001 the server is shutting down/);
  root.save(9);
  await server.begin({ port: new URL(server.base).port });
  await child.until('stdout', /^step 9: /m);
  await server.ok(server.post('/runs/default/finish'));

  assert.equal(await child.exit(), 0, child.stderr);
});

test('the evaluator of the documentation goes on where its position is not known any more', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(7);
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  const child = evaluator(t, server);
  await child.until('stdout', /^step 7: /);

  await server.stop();
  await child.until('stderr', /connection closed with 1001/);
  // Another database has other cursors, and may not take snapshots beside those of the first.
  const other = CheckpointRoot.make(t);
  other.save(9);
  const db = join(temporaryFolder(t), 'other.db');
  await server.begin({ port: new URL(server.base).port, db, directory: other.path });
  await child.until('stdout', /^step 9: /m);
  await server.ok(server.post('/runs/default/finish'));

  assert.equal(await child.exit(), 0, child.stderr);
});
