import assert from 'node:assert/strict';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import { RunningServer } from '../support/running-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

test('of a run on the command line, what is said there wins and the rest stays as it was stored', async (t) => {
  const root = CheckpointRoot.make(t);
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  const changed = { step_prefix: 'x', poll_interval: 7, snapshot_mode: 'copy' };
  await server.ok(server.put('/runs/default', { directory: root.path, ...changed }));

  await server.restart({ step_prefix: 'ckpt' });

  const { options } = await server.ok(server.get('/runs/default'));
  assert.deepEqual(options.step_name_formats, [
    { step_prefix: 'ckpt', step_separator: '_', step_format_fixed_length: null },
  ]);
  assert.deepEqual([options.poll_interval, options.snapshot_mode], [7, 'copy']);
});

test('a marker on the command line wins over a stored commit mode, and a mode over a stored marker', async (t) => {
  const root = CheckpointRoot.make(t);
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  const rule = async () => {
    const { options } = await server.ok(server.get('/runs/default'));
    return [options.commit_mode, options.commit_marker];
  };
  await server.ok(server.put('/runs/default', { directory: root.path, commit_mode: 'atomic_rename' }));

  await server.restart({ commit_marker: 'DONE' });
  assert.deepEqual(await rule(), ['commit_file', 'DONE']);
  await server.restart({ commit_marker: undefined });
  assert.deepEqual(await rule(), ['commit_file', 'DONE']);
  await server.restart({ commit_mode: 'atomic_rename' });
  assert.deepEqual(await rule(), ['atomic_rename', 'commit_success.txt']);
});

test('leases do not keep a server from starting again: paths that were changed by PUT stay', async (t) => {
  const root = CheckpointRoot.make(t);
  const allowed = realpathSync(temporaryFolder(t));
  root.save(1);
  const server = await RunningServer.start(t, { flags: { directory: root.path, allow_root: [allowed] } });
  const snapshot_dir = join(allowed, 'snapshots');
  await server.ok(server.put('/runs/default', { directory: root.path, snapshot_dir }));
  const { id, path } = await server.ok(server.post('/leases', { step: 1 }), 201);

  await server.restart({ allow_root: [] });

  assert.equal((await server.ok(server.get(`/leases/${id}`))).path, path);
  assert.equal((await server.ok(server.get('/runs/default'))).options.snapshot_dir, snapshot_dir);
});

test('a start that is refused leaves nothing running behind, and the database free', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(1);
  const server = await RunningServer.start(t, { flags: { run: [`first=${root.path}`] } });
  await server.stop();

  await assert.rejects(server.begin({ run: [`second=${root.path}`] }), /directory of run "first" already/);
  const { observed } = server;
  await server.begin();

  const scans = () => observed.all('scanFinished').length + observed.all('scanFailed').length;
  const before = scans();
  await server.ok(server.get('/wait?until=1'));
  root.save(2);
  await server.ok(server.get('/wait?until=2'));
  assert.equal(scans(), before);
});
