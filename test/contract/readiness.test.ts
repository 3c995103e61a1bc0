import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import { RunningServer } from '../support/running-server.js';

test('/readyz is 503 until every stored run had its first scan, says what is missing, and does not keep /livez waiting', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(1);
  let mayScan = Promise.resolve();
  const server = await RunningServer.start(t, {
    flags: { allow_root: [root.path] },
    around: {
      files: (files) => ({
        ...files,
        list: async (directory, previous) => {
          await mayScan;
          return files.list(directory, previous);
        },
      }),
    },
  });
  await server.ok(server.put('/runs/r', { directory: root.path }), 201);
  await server.ok(server.get('/readyz'));

  let release: () => void = () => undefined;
  await server.stop();
  mayScan = new Promise((resolve) => {
    release = resolve;
  });
  await server.begin();
  t.after(release);

  const refused = server.get('/readyz');
  const { pending } = await server.problem(refused, 503, 'run_unavailable');
  assert.deepEqual(pending, ['the first scan of a run is under way']);
  assert.ok(Number((await refused).headers.get('retry-after')) > 0);
  await server.ok(server.get('/livez'));
  const waiting = server.ok(server.get('/wait?until=1'));
  await server.observed.next('waitStarted');

  release();
  assert.equal((await waiting).step, 1);
  await server.observed.next('scanFinished');
  assert.equal((await server.ok(server.get('/readyz'))).ready, true);
});
