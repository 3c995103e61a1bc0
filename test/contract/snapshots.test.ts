import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import { RunningServer } from '../support/running-server.js';

async function serve(
  t: TestContext,
  flags: Readonly<Record<string, unknown>> = {},
  prepare: (root: CheckpointRoot) => void = () => undefined,
) {
  const root = CheckpointRoot.make(t);
  for (const step of [1, 2]) root.save(step);
  prepare(root);
  const server = await RunningServer.start(t, {
    flags: { directory: root.path, poll_interval: '0.05', ...flags },
  });
  return { root, server };
}

/** Every file of a tree with the hash of its bytes. */
function contents(directory: string): ReadonlyMap<string, string> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const files = entries.map((entry) => join(entry.parentPath, entry.name));
  const hashed = files.sort().map((file) => [file.slice(directory.length), hash(file)] as const);
  return new Map(hashed);
}

const hash = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

for (const mode of ['hardlink', 'copy'] as const) {
  test(`mode ${mode}: the path holds every file with the same bytes after the trainer deleted the step`, async (t) => {
    const { root, server } = await serve(t, { snapshot_mode: mode });
    const before = contents(root.at(2));
    const { path } = await server.ok(server.post('/leases', { step: 2 }), 201);
    root.delete(2);
    assert.deepEqual(contents(path), before);
    assert.equal(before.size, 15);
  });
}

test('hard links cost no bytes while the original is there, and retain them after', async (t) => {
  const { root, server } = await serve(t);
  const lease = await server.ok(server.post('/leases', { step: 2 }), 201);
  assert.equal(
    statSync(join(lease.path, '_CHECKPOINT_METADATA')).ino,
    statSync(root.at(2, '_CHECKPOINT_METADATA')).ino,
  );
  assert.deepEqual((await server.ok(server.get('/runs/default'))).snapshots, { count: 1, retained_bytes: 0 });
  const { size_bytes } = await server.ok(server.get('/steps/2'));
  root.delete(2);
  await server.observed.next('eventAppended', ({ type }) => type === 'step.deleted');
  assert.deepEqual((await server.ok(server.get('/runs/default'))).snapshots, {
    count: 1,
    retained_bytes: size_bytes,
  });
});

test('mode none protects nothing: the path is the source', async (t) => {
  const { root, server } = await serve(t, { snapshot_mode: 'none' });
  const { snapshot, path, source_path } = await server.ok(server.post('/leases', { step: 2 }), 201);
  assert.deepEqual([snapshot, path, source_path], [false, root.at(2), root.at(2)]);
  assert.ok(!existsSync(root.at('_STEPLEASE')));
});

test('mode reflink never falls back: where the filesystem has none, 409 snapshot_failed names errno and remedy', async (t) => {
  const { root, server } = await serve(t, { snapshot_mode: 'reflink' });
  const grant = await server.post('/leases', { step: 2 });
  if (grant.status === 201) return t.skip('this filesystem has reflinks');
  const { errno, hint } = await server.problem(Promise.resolve(grant), 409, 'snapshot_failed');
  assert.match(errno, /^(EOPNOTSUPP|ENOTSUP|EINVAL)$/);
  assert.match(hint, /snapshot_mode/);
  assert.deepEqual(readdirSync(root.at('_STEPLEASE')).sort(), ['commit_success.txt', 'owner.json']);
});

test('files added after the discovery are not in the snapshot', async (t) => {
  const { root, server } = await serve(t);
  await server.ok(server.get('/steps/2'));
  writeFileSync(root.at(2, 'default', 'added-later'), 'x');
  const { path } = await server.ok(server.post('/leases', { step: 2 }), 201);
  assert.ok(!existsSync(join(path, 'default', 'added-later')));
});

test('directories keep the mode and group of the originals; immutable ones are 0555', async (t) => {
  const prepare = (root: CheckpointRoot) => {
    chmodSync(root.at(2, 'default'), 0o2750);
    chmodSync(root.at(2, '_CHECKPOINT_METADATA'), 0o640);
  };
  const { root, server } = await serve(t, {}, prepare);
  const lease = await server.ok(server.post('/leases', { step: 2 }), 201);
  const mode = (path: string) => (statSync(path).mode & 0o7777).toString(8);
  assert.equal(mode(join(lease.path, 'default')), '2750');
  assert.equal(statSync(join(lease.path, 'default')).gid, statSync(root.at(2, 'default')).gid);
  await server.ok(
    server.put('/runs/default', { directory: root.path, immutable: true, snapshot_mode: 'copy' }),
  );
  const immutable = await server.ok(server.post('/leases', { step: 1 }), 201);
  assert.deepEqual(
    [mode(immutable.path), mode(join(immutable.path, '_CHECKPOINT_METADATA'))],
    ['555', '444'],
  );
  for (const { id } of [lease, immutable]) await server.ok(server.delete(`/leases/${id}`), 204);
  await server.observed.next('snapshotRemoved', ({ step }) => step === 1);
  assert.equal(mode(root.at(2, '_CHECKPOINT_METADATA')), '640');
});

test('layout orbax puts the snapshot where Orbax points, and a stranger there is 409 snapshot_path_busy', async (t) => {
  const { root, server } = await serve(t, { snapshot_layout: 'orbax' });
  mkdirSync(root.at('_SNAPSHOTS', '1'), { recursive: true });
  const { path } = await server.ok(server.post('/leases', { step: 2 }), 201);
  assert.equal(path, root.at('_SNAPSHOTS', 2));
  await server.problem(server.post('/leases', { step: 1 }), 409, 'snapshot_path_busy');
  assert.ok(existsSync(root.at('_SNAPSHOTS', '1')));
});

test('layout orbax: until waits for a busy path to become free', async (t) => {
  const { root, server } = await serve(t, { snapshot_layout: 'orbax' });
  mkdirSync(root.at('_SNAPSHOTS', '2'), { recursive: true });
  const waiting = server.ok(server.post('/leases', { until: 2, timeout: 20 }), 201);
  await server.observed.next('waitStarted');
  rmSync(root.at('_SNAPSHOTS', '2'), { recursive: true });
  assert.equal((await waiting).path, root.at('_SNAPSHOTS', 2));
});

test('snapshot_dir on another filesystem: hard links fail with EXDEV and the remedy, copies work', async (t) => {
  const other = existsSync('/dev/shm') ? realpathSync(mkdtempSync('/dev/shm/steplease-test-')) : null;
  if (other === null || statSync(other).dev === statSync(realpathSync('/tmp')).dev)
    return t.skip('no second filesystem');
  t.after(() => rmSync(other, { recursive: true, force: true }));
  const directory = join(other, 'snapshots');
  const { root, server } = await serve(t, { snapshot_dir: directory, allow_root: [other] });
  const { errno, detail } = await server.problem(server.post('/leases', { step: 2 }), 409, 'snapshot_failed');
  assert.equal(errno, 'EXDEV');
  assert.match(detail, /filesystem/);
  const run = await server.ok(server.get('/runs/default'));
  assert.deepEqual(
    run.warnings.map(({ code }: { code: string }) => code),
    ['hard_links_not_permitted'],
  );
  const options = { directory: root.path, snapshot_dir: directory, snapshot_mode: 'copy' };
  await server.ok(server.put('/runs/default', options));
  const { path, relative_path } = await server.ok(server.post('/leases', { step: 2 }), 201);
  assert.ok(path.startsWith(directory));
  assert.equal(relative_path, null);
});

for (const [what, place] of [
  ['symbolic link', (path: string) => symlinkSync('/etc/passwd', path)],
  ['FIFO', (path: string) => execFileSync('mkfifo', [path])],
] as const) {
  test(`a ${what} inside a step is never linked, followed or copied: 409 snapshot_failed`, async (t) => {
    const prepare = (root: CheckpointRoot) => place(root.at(2, 'default', 'odd'));
    const { root, server } = await serve(t, {}, prepare);
    const { detail } = await server.problem(server.post('/leases', { step: 2 }), 409, 'snapshot_failed');
    assert.match(detail, /default\/odd/);
    assert.deepEqual(readdirSync(root.at('_STEPLEASE')).sort(), ['commit_success.txt', 'owner.json']);
  });
}

test('too little free space is 507 insufficient_storage, and active leases stay', async (t) => {
  const { root, server } = await serve(t);
  const lease = await server.ok(server.post('/leases', { step: 2 }), 201);
  await server.ok(server.put('/runs/default', { directory: root.path, min_free_bytes: 2 ** 52 }));
  const { detail } = await server.problem(server.post('/leases', { step: 1 }), 507, 'insufficient_storage');
  assert.match(detail, /min_free_bytes/);
  assert.equal((await server.ok(server.get(`/leases/${lease.id}`))).state, 'active');
});

test("another server's snapshot directory is never touched: a warning, and 409 snapshot_dir_in_use", async (t) => {
  const { root, server } = await serve(t);
  const lease = await server.ok(server.post('/leases', { step: 2 }), 201);
  const other = await RunningServer.start(t, { flags: { directory: root.path } });
  const run = await other.ok(other.get('/runs/default'));
  assert.deepEqual(
    run.warnings.map(({ code }: { code: string }) => code),
    ['snapshot_dir_in_use'],
  );
  await other.problem(other.post('/leases', { step: 2 }), 409, 'snapshot_dir_in_use');
  assert.ok(existsSync(lease.path));
});

test('the snapshot directory is marked as committed, so that no cleanup of temporary directories takes it', async (t) => {
  const { root, server } = await serve(t);
  await server.ok(server.post('/leases', { step: 2 }), 201);
  assert.ok(existsSync(root.at('_STEPLEASE', 'commit_success.txt')));
});

test('a released generation can be leased anew at once, again and again', async (t) => {
  const { server } = await serve(t);
  for (let round = 0; round < 5; round += 1) {
    const lease = await server.ok(server.post('/leases', { step: 2 }), 201);
    assert.equal(contents(lease.path).size, 15);
    await server.ok(server.delete(`/leases/${lease.id}`), 204);
  }
});

test('a rewritten step is another snapshot at another path, while the old one is still held', async (t) => {
  const { root, server } = await serve(t);
  const old = await server.ok(server.post('/leases', { step: 2 }), 201);
  const before = contents(old.path);
  const { cursor } = await server.ok(server.get('/steps'));
  root.delete(2);
  root.save(2, { fixture: 'plain/200' });
  await server.ok(server.get(`/wait?after=${cursor}`));
  const lease = await server.ok(server.post('/leases', { step: 2 }), 201);
  assert.notEqual(lease.path, old.path);
  assert.deepEqual(contents(old.path), before);
  assert.deepEqual(contents(lease.path), contents(root.at(2)));
});
