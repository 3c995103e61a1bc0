import assert from 'node:assert/strict';
import { mkdirSync, realpathSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import { FakeClock } from '../support/fake-clock.js';
import type { Json } from '../support/http-client.js';
import { RunningServer } from '../support/running-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** A run `r` below an allowed folder, polled so often that nobody waits for it. */
async function watched(t: TestContext, steps: readonly number[] = [1]) {
  const allowed = realpathSync(temporaryFolder(t));
  mkdirSync(join(allowed, 'run'));
  const root = new CheckpointRoot(join(allowed, 'run'));
  for (const step of steps) root.save(step);
  const server = await RunningServer.start(t, { flags: { allow_root: [allowed] } });
  await server.ok(server.put('/runs/r', { directory: root.path, poll_interval: 0.05 }), 201);
  return { allowed, root, server };
}

const becomes = (server: RunningServer, state: string) =>
  server.observed.next('runStateChanged', ({ run, to }) => run === 'r' && to === state);

async function runEvents(server: RunningServer): Promise<readonly string[]> {
  const { items } = await server.ok(server.get('/events?run=r'));
  return items.map((event: Json) => event.type).filter((type: string) => type.startsWith('run.'));
}

for (const [what, replace, reason] of [
  ['a file', (path: string) => writeFileSync(path, ''), /not a directory/],
  ['a link that leads to itself', (path: string) => symlinkSync(path, path), /ELOOP|links/i],
] as const) {
  test(`a run whose directory is replaced by ${what} is unavailable, says why, and recovers with its steps`, async (t) => {
    const { root, server } = await watched(t);
    const before = await server.ok(server.get('/steps/1'));
    renameSync(root.path, `${root.path}.aside`);
    replace(root.path);
    await becomes(server, 'unavailable');
    const run = await server.ok(server.get('/runs/r'));
    assert.equal(run.state, 'unavailable');
    assert.match(run.reason, reason);
    unlinkSync(root.path);
    renameSync(`${root.path}.aside`, root.path);
    await becomes(server, 'watching');
    assert.equal((await server.ok(server.get('/steps/1'))).generation, before.generation);
  });
}

test('a directory that is lost or comes back while the service is stopped is told after the start, once', async (t) => {
  const { root, server } = await watched(t);
  await server.stop();
  renameSync(root.path, `${root.path}.aside`);
  writeFileSync(root.path, '');
  await server.begin();
  await server.observed.next('eventAppended', ({ type }) => type === 'run.unavailable');
  await server.restart();
  await server.observed.next('scanFinished');
  await server.stop();
  unlinkSync(root.path);
  renameSync(`${root.path}.aside`, root.path);
  await server.begin();
  await server.observed.next('eventAppended', ({ type }) => type === 'run.available');
  assert.deepEqual(await runEvents(server), ['run.registered', 'run.unavailable', 'run.available']);
});

test('where the kernel refuses a watch the run is polled and says so; now and then it is tried again', async (t) => {
  let attempts = 0;
  const clock = new FakeClock();
  const server = await RunningServer.start(t, {
    flags: { allow_root: [realpathSync(tmpdir())] },
    clock,
    around: {
      files: (files) => ({
        ...files,
        watch: (directory, onHint, onEnd) => {
          attempts += 1;
          if (attempts > 2) return files.watch(directory, onHint, onEnd);
          return { outcome: 'refused', reason: 'The limit of inotify watches is reached.' };
        },
      }),
    },
  });
  await server.ok(server.put('/runs/r', { directory: realpathSync(temporaryFolder(t)) }), 201);
  await server.observed.next('watchDegraded');
  const scan = () => server.ok(server.get('/wait?timeout=0'));
  const isDegraded = async () => (await server.ok(server.get('/runs/r'))).watch.degraded;
  for (let scans = 0; scans < 3; scans += 1) await scan();
  assert.deepEqual([attempts, await isDegraded()], [1, true]);
  clock.advance(10_000);
  for (let scans = 0; scans < 3; scans += 1) await scan();
  assert.deepEqual([attempts, await isDegraded()], [2, true]);
  clock.advance(10_000);
  for (let scans = 0; scans < 3; scans += 1) await scan();
  assert.deepEqual([attempts, await isDegraded()], [3, false]);
  assert.deepEqual(server.observed.all('watchDegraded').length, 1);
  assert.deepEqual(server.observed.all('watchRecovered').length, 1);
});

test('calls that need an unavailable directory are 503 run_unavailable with Retry-After, others answer', async (t) => {
  const { root, server } = await watched(t);
  renameSync(root.path, `${root.path}.aside`);
  writeFileSync(root.path, '');
  await becomes(server, 'unavailable');
  for (const path of ['/steps', '/steps/1', '/steps/latest']) {
    const refused = server.get(path);
    await server.problem(refused, 503, 'run_unavailable');
    assert.ok(Number((await refused).headers.get('retry-after')) > 0, path);
  }
  await server.problem(server.post('/leases', { step: 1 }), 503, 'run_unavailable');
  for (const path of ['/runs', '/runs/r', '/events', '/leases', '/waits', '/readyz'])
    await server.ok(server.get(path));
});

test('while the directory is unavailable waits keep waiting, and are answered when it is back', async (t) => {
  const { root, server } = await watched(t);
  const { cursor } = await server.ok(server.get('/steps'));
  renameSync(root.path, `${root.path}.aside`);
  writeFileSync(root.path, '');
  await becomes(server, 'unavailable');
  const waits = ['until=1', 'until=2', `after=${cursor}`].map((query) =>
    server.ok(server.get(`/wait?${query}`)),
  );
  for (const _ of waits) await server.observed.next('waitStarted');
  const { cursor: early } = await server.ok(server.get('/events?limit=1'));
  for (const query of ['until=1', `after=${early}`])
    assert.equal((await server.ok(server.get(`/wait?${query}&timeout=0`))).reason, 'timeout');
  new CheckpointRoot(`${root.path}.aside`).save(2);
  unlinkSync(root.path);
  renameSync(`${root.path}.aside`, root.path);
  const answers = await Promise.all(waits);
  assert.ok(answers.every(({ satisfied }) => satisfied));
  assert.deepEqual([answers[1].step, answers[2].step], [2, 2]);
});

test('a finished run that is unavailable does not end waits: the step may be there', async (t) => {
  const { root, server } = await watched(t);
  await server.ok(server.post('/runs/r/finish'));
  renameSync(root.path, `${root.path}.aside`);
  writeFileSync(root.path, '');
  await becomes(server, 'unavailable');
  assert.equal((await server.ok(server.get('/wait?until=1&timeout=0'))).reason, 'timeout');
  const waiting = server.ok(server.get('/wait?until=1'));
  const further = server.ok(server.get('/wait?until=2'));
  for (let started = 0; started < 2; started += 1) await server.observed.next('waitStarted');
  unlinkSync(root.path);
  renameSync(`${root.path}.aside`, root.path);
  assert.equal((await waiting).step, 1);
  assert.equal((await further).reason, 'finished');
});

test('a directory that is away for a while leaves its run finished when it comes back', async (t) => {
  const { root, server } = await watched(t);
  await server.ok(server.post('/runs/r/finish', { reason: 'done' }));
  renameSync(root.path, `${root.path}.away`);
  await server.observed.next('eventAppended', ({ type }) => type === 'run.unavailable');
  renameSync(`${root.path}.away`, root.path);
  await server.observed.next('eventAppended', ({ type }) => type === 'run.available');
  const { reason, item } = await server.ok(server.get('/wait?timeout=0'));
  assert.deepEqual([reason, item.step], ['reached', 1]);
  assert.equal((await server.ok(server.get('/wait?until=2'))).reason, 'finished');
  root.save(2);
  assert.equal((await server.ok(server.get('/wait?until=2'))).step, 2);
  assert.equal((await server.ok(server.get('/runs/r'))).state, 'watching');
});

test('steps that one scan finds are told upwards, as the trainer saved them', async (t) => {
  const { server } = await watched(t, [300, 100, 200]);
  const { items } = await server.ok(server.get('/events?run=r&types=step.finalized'));
  assert.deepEqual(
    items.map(({ subject }: Json) => subject),
    ['100', '200', '300'],
  );
});

test('a directory that is deleted and made again is another one: its steps are new generations', async (t) => {
  const { root, server } = await watched(t);
  const before = await server.ok(server.get('/steps/1'));
  rmSync(root.path, { recursive: true });
  await becomes(server, 'waiting_for_directory');
  const gone = await server.ok(server.get('/runs/r'));
  assert.deepEqual([gone.latest_step, gone.step_count, gone.warnings], [null, 0, []]);
  assert.deepEqual((await server.ok(server.get('/steps?state=all'))).items, []);
  mkdirSync(root.path);
  root.save(1);
  const { item } = await server.ok(server.get('/wait'));
  assert.notEqual(item.generation, before.generation);
  assert.deepEqual(await runEvents(server), [
    'run.registered',
    'run.unavailable',
    'run.directory_changed',
    'run.available',
  ]);
});

test('a new directory under the same path is watched by events too, without a poll', async (t) => {
  const { root, server } = await watched(t);
  await server.ok(server.put('/runs/r', { directory: root.path, poll_interval: 3600 }));
  renameSync(root.path, `${root.path}.aside`);
  await becomes(server, 'waiting_for_directory');
  mkdirSync(root.path);
  assert.equal((await server.ok(server.get('/wait?timeout=0'))).satisfied, false);
  const { watch } = await server.ok(server.get('/runs/r'));
  assert.deepEqual([watch.mode, watch.degraded], ['events', false]);
  const waiting = server.ok(server.get('/wait?until=5'));
  await server.observed.next('waitStarted');
  root.save(5);
  assert.equal((await waiting).step, 5);
});

test('a directory that becomes a link out of every allow-root shows nothing of what is there', async (t) => {
  const { root, server } = await watched(t);
  const outside = new CheckpointRoot(realpathSync(temporaryFolder(t)));
  outside.save(666);
  renameSync(root.path, `${root.path}.aside`);
  symlinkSync(outside.path, root.path);
  await becomes(server, 'unavailable');
  assert.match((await server.ok(server.get('/runs/r'))).reason, /no directory that this server may use/);
  assert.equal((await server.ok(server.get('/wait?until=666&timeout=0'))).satisfied, false);
  const { items } = await server.ok(server.get('/events'));
  assert.ok(!JSON.stringify(items).includes('"666"'));
  unlinkSync(root.path);
  renameSync(`${root.path}.aside`, root.path);
  await becomes(server, 'watching');
  assert.equal((await server.ok(server.get('/steps/latest'))).step, 1);
});

test("a link that is turned to another run's directory makes the run unavailable, without naming the other", async (t) => {
  const { allowed, root, server } = await watched(t);
  mkdirSync(join(allowed, 'own'));
  symlinkSync(join(allowed, 'own'), join(allowed, 'link'));
  await server.ok(server.put('/runs/second', { directory: join(allowed, 'link'), poll_interval: 0.05 }), 201);
  unlinkSync(join(allowed, 'link'));
  symlinkSync(root.path, join(allowed, 'link'));
  await server.observed.next('runStateChanged', ({ run, to }) => run === 'second' && to === 'unavailable');
  const { reason } = await server.ok(server.get('/runs/second'));
  assert.equal(reason, 'its directory has become that of another run');
  unlinkSync(join(allowed, 'link'));
  symlinkSync(join(allowed, 'own'), join(allowed, 'link'));
  await server.observed.next('runStateChanged', ({ run, to }) => run === 'second' && to === 'watching');
});

test('a run may be registered on what is no directory yet, and comes to life with it', async (t) => {
  const { allowed, server } = await watched(t);
  const path = join(allowed, 'later');
  writeFileSync(path, 'a file for now');
  const run = await server.ok(server.put('/runs/later', { directory: path, poll_interval: 0.05 }), 201);
  assert.equal(run.state, 'unavailable');
  unlinkSync(path);
  mkdirSync(path);
  new CheckpointRoot(path).save(4);
  assert.equal((await server.ok(server.get('/wait?run=later'))).step, 4);
});

test('a run moved to another directory has the steps of that one, and its events say so', async (t) => {
  const { allowed, root, server } = await watched(t, [1, 2]);
  mkdirSync(join(allowed, 'other'));
  new CheckpointRoot(join(allowed, 'other')).save(9);
  const run = await server.ok(server.put('/runs/r', { directory: join(allowed, 'other') }));
  assert.deepEqual([run.directory, run.latest_step, run.step_count], [join(allowed, 'other'), 9, 1]);
  assert.ok((await runEvents(server)).includes('run.directory_changed'));
  await server.ok(server.put('/runs/free', { directory: root.path }), 201);
});

test('a directory that is moved and linked from where it was goes on with the same generations', async (t) => {
  const { allowed, root, server } = await watched(t);
  const before = await server.ok(server.get('/steps/1'));
  renameSync(root.path, join(allowed, 'moved'));
  symlinkSync(join(allowed, 'moved'), root.path);
  await server.ok(server.get('/wait?timeout=0'));
  root.save(2);
  assert.equal((await server.ok(server.get('/wait?until=2'))).item.path, root.at(2));
  assert.equal((await server.ok(server.get('/steps/1'))).generation, before.generation);
  assert.equal((await server.ok(server.post('/leases', { step: 2 }), 201)).source_path, root.at(2));
});
