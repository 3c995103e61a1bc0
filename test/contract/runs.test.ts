import assert from 'node:assert/strict';
import { mkdirSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import type { Answer, Json } from '../support/http-client.js';
import { RunningServer } from '../support/running-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** A server that may watch below one folder, and a checkpoint root in it. */
async function serve(t: TestContext, flags: Readonly<Record<string, unknown>> = {}) {
  const allowed = realpathSync(temporaryFolder(t));
  mkdirSync(join(allowed, 'run'));
  const root = new CheckpointRoot(join(allowed, 'run'));
  const server = await RunningServer.start(t, { flags: { allow_root: [allowed], ...flags } });
  return { allowed, root, server };
}

const POLL = { poll_interval: 0.05 };

test('PUT registers a run with 201, again with 200, and answers after its first scan', async (t) => {
  const { root, server } = await serve(t);
  root.save(100);
  const created = await server.ok(server.put('/runs/r', { directory: root.path }), 201);
  assert.deepEqual(
    [created.name, created.state, created.latest_step, created.step_count],
    ['r', 'watching', 100, 1],
  );
  const again = await server.ok(server.put('/runs/r', { directory: root.path }), 200);
  assert.deepEqual(again.options, created.options);
  assert.deepEqual(created.options, {
    step_name_formats: [{ step_prefix: null, step_separator: '_', step_format_fixed_length: null }],
    commit_mode: 'auto',
    commit_marker: 'commit_success.txt',
    settle: 5,
    watch: 'auto',
    poll_interval: 1,
    snapshot_mode: 'hardlink',
    snapshot_layout: 'generation',
    snapshot_dir: null,
    immutable: false,
    min_free_bytes: null,
    max_leases_per_step: null,
  });
});

test('a Run has every field of the contract', async (t) => {
  const { root, server } = await serve(t);
  const run = await server.ok(server.put('/runs/r', { directory: root.path, ...POLL }), 201);
  assert.deepEqual(Object.keys(run).sort(), [
    'cursor',
    'directory',
    'latest_step',
    'leases',
    'name',
    'options',
    'reason',
    'snapshots',
    'state',
    'step_count',
    'warnings',
    'watch',
  ]);
  assert.deepEqual(Object.keys(run.watch).sort(), ['degraded', 'last_scan_at', 'mode', 'scans']);
  assert.deepEqual([run.leases, run.snapshots], [{ active: 0 }, { count: 0, retained_bytes: 0 }]);
});

for (const [directory, why] of [
  ['relative/path', /does not begin with a slash/],
  ['/ckpts/../etc', /component/],
  ['/ckpts//run', /empty component/],
  ['/ckpts/run/', /empty component/],
  ['/ckpts/./run', /component/],
] as const) {
  test(`the directory ${directory} is refused: it must be absolute and normalized`, async (t) => {
    const { server } = await serve(t);
    const { detail } = await server.problem(server.put('/runs/r', { directory }), 400, 'invalid_request');
    assert.ok(detail.includes(directory), detail);
    if (directory.startsWith('/')) assert.match(detail, why);
  });
}

test('a directory outside every allow-root is 403, by its real path', async (t) => {
  const { allowed, server } = await serve(t);
  const outside = realpathSync(temporaryFolder(t));
  await server.problem(server.put('/runs/r', { directory: outside }), 403, 'directory_not_allowed');
  await server.problem(
    server.put('/runs/r', { directory: join(outside, 'not', 'there') }),
    403,
    'directory_not_allowed',
  );
  symlinkSync(outside, join(allowed, 'way-out'));
  const { detail } = await server.problem(
    server.put('/runs/r', { directory: join(allowed, 'way-out') }),
    403,
    'directory_not_allowed',
  );
  assert.ok(detail.includes(outside));
  await server.problem(
    server.put('/runs/r', { directory: join(allowed, 'way-out', 'new') }),
    403,
    'directory_not_allowed',
  );
  await server.problem(server.put('/runs/r', { directory: `${allowed}x` }), 403, 'directory_not_allowed');
});

test("a run's directory belongs to one run, also by another path", async (t) => {
  const { allowed, root, server } = await serve(t);
  await server.ok(server.put('/runs/first', { directory: root.path }), 201);
  symlinkSync(root.path, join(allowed, 'link'));
  for (const directory of [root.path, join(allowed, 'link')]) {
    const { detail } = await server.problem(
      server.put('/runs/second', { directory }),
      409,
      'directory_taken',
    );
    assert.match(detail, /"first"/);
  }
});

test('one registered before it exists is taken too, by whatever path', async (t) => {
  const { allowed, root, server } = await serve(t);
  symlinkSync(root.path, join(allowed, 'link'));
  await server.ok(server.put('/runs/first', { directory: join(allowed, 'link', 'later') }), 201);
  const { run } = await server.problem(
    server.put('/runs/second', { directory: root.at('later') }),
    409,
    'directory_taken',
  );
  assert.equal(run, 'first');
});

test('a directory given on the command line is allowed, one in it is not', async (t) => {
  const root = CheckpointRoot.make(t);
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  mkdirSync(root.at('sub'));
  await server.problem(server.put('/runs/r', { directory: root.at('sub') }), 403, 'directory_not_allowed');
  await server.ok(server.put('/runs/default', { directory: root.path }));
});

test('snapshot_dir lies under an allow-root or in the run, and is neither the run nor of another run', async (t) => {
  const { allowed, root, server } = await serve(t);
  const put = (snapshot_dir: string) => server.put('/runs/r', { directory: root.path, snapshot_dir });
  await server.problem(put('relative'), 400, 'invalid_request');
  await server.problem(put(`${allowed}/x/../y`), 400, 'invalid_request');
  await server.problem(put(realpathSync(temporaryFolder(t))), 403, 'directory_not_allowed');
  await server.problem(put(root.path), 400, 'invalid_request');
  await server.ok(put(join(allowed, 'snapshots')), 201);
  const taken = server.put('/runs/s', {
    directory: join(allowed, 's'),
    snapshot_dir: join(allowed, 'snapshots'),
  });
  await server.problem(taken, 409, 'snapshot_dir_in_use');
  mkdirSync(join(allowed, 'snapshots'));
  symlinkSync(join(allowed, 'snapshots'), join(allowed, 'alias'));
  const linked = server.put('/runs/s', {
    directory: join(allowed, 's'),
    snapshot_dir: join(allowed, 'alias'),
  });
  await server.problem(linked, 409, 'snapshot_dir_in_use');
});

for (const name of ['Upper', '-dash', 'a'.repeat(65), 'with space', '.hidden']) {
  test(`the run name "${name.slice(0, 12)}" is refused`, async (t) => {
    const { root, server } = await serve(t);
    await server.problem(
      server.put(`/runs/${encodeURIComponent(name)}`, { directory: root.path }),
      400,
      'invalid_request',
    );
  });
}

for (const body of [
  {},
  { directory: 5 },
  { directory: '/d', surprise: 1 },
  { directory: '/d', poll_interval: '1' },
  { directory: '/d', poll_interval: 0 },
  { directory: '/d', snapshot_mode: 'magic' },
  { directory: '/d', step_prefix: 'a/b' },
  { directory: '/d', step_separator: '-' },
  { directory: '/d', step_prefix: 'a', step_separator: '--' },
  { directory: '/d', commit_marker: '..' },
  { directory: '/d', commit_marker: 'é'.repeat(128) },
  { directory: '/d', commit_marker: 'DONE', commit_mode: 'atomic_rename' },
  { directory: '/d', settle: 0 },
  { directory: '/d', step_format_fixed_length: 0 },
  { directory: '/d', step_name_formats: [] },
  { directory: '/d', step_name_formats: [{}], step_prefix: 'x' },
  { directory: '/d', max_leases_per_step: -1 },
]) {
  test(`PUT refuses ${JSON.stringify(body)}`, async (t) => {
    const { server } = await serve(t);
    await server.problem(server.put('/runs/r', body), 400, 'invalid_request');
  });
}

test('a prefix that ends in the separator is refused, with the prefix that was meant', async (t) => {
  const { root, server } = await serve(t);
  const body = { directory: root.path, step_prefix: 'step-', step_separator: '-' };
  const { detail } = await server.problem(server.put('/runs/r', body), 400, 'invalid_request');
  assert.match(detail, /"step-".* step_prefix must not end in step_separator.* set it to "step"/);
});

test('a commit marker implies the commit mode commit_file, and another mode forgets the marker', async (t) => {
  const { root, server } = await serve(t);
  const rule = async (options: Readonly<Record<string, unknown>>, status = 200) => {
    const { options: given } = await server.ok(
      server.put('/runs/r', { directory: root.path, ...options }),
      status,
    );
    return [given.commit_mode, given.commit_marker];
  };
  assert.deepEqual(await rule({ commit_marker: 'DONE' }, 201), ['commit_file', 'DONE']);
  assert.deepEqual(await rule({ commit_mode: 'auto', commit_marker: 'DONE' }), ['commit_file', 'DONE']);
  assert.deepEqual(await rule({ commit_mode: 'auto' }), ['auto', 'commit_success.txt']);
  assert.deepEqual(await rule({ commit_marker: 'commit_success.txt' }), [
    'commit_file',
    'commit_success.txt',
  ]);
});

test('the options of a Run can be given back as they are, and change nothing', async (t) => {
  const { root, server } = await serve(t);
  const first = { step_prefix: 'a', step_separator: '-', commit_marker: 'DONE', settle: 0.5 };
  for (const options of [first, {}]) {
    const body = { directory: root.path, ...options };
    const { status, body: run } = await server.put('/runs/r', body);
    assert.ok(status < 300, JSON.stringify(run));
    const again = await server.ok(server.put('/runs/r', { directory: root.path, ...run.options }));
    assert.deepEqual(again.options, run.options);
  }
});

test('GET /runs lists by name, and by directory', async (t) => {
  const { allowed, server } = await serve(t);
  for (const name of ['b', 'a'])
    await server.ok(server.put(`/runs/${name}`, { directory: join(allowed, name) }), 201);
  const names = async (query: string) =>
    (await server.ok(server.get(`/runs${query}`))).items.map((run: Json) => run.name);
  assert.deepEqual(await names(''), ['a', 'b']);
  assert.deepEqual(await names(`?directory=${join(allowed, 'b')}`), ['b']);
});

test('GET /runs comes in pages', async (t) => {
  const { allowed, server } = await serve(t);
  for (const name of ['a', 'b', 'c'])
    await server.ok(server.put(`/runs/${name}`, { directory: join(allowed, name) }), 201);
  const first = await server.ok(server.get('/runs?limit=2'));
  const second = await server.ok(server.get(`/runs?limit=2&page=${first.next_page}`));
  assert.deepEqual(
    [...first.items, ...second.items].map((run: Json) => run.name),
    ['a', 'b', 'c'],
  );
  assert.equal(second.next_page, null);
  await server.problem(server.get('/runs?page=No%20page'), 400, 'invalid_request');
});

test('an unknown run is 404 run_not_found everywhere', async (t) => {
  const { server } = await serve(t);
  for (const path of [
    '/runs/x',
    '/steps?run=x',
    '/wait?run=x&timeout=0',
    '/events?run=x',
    '/waits?run=x',
    '/leases?run=x',
  ]) {
    await server.problem(server.get(path), 404, 'run_not_found');
  }
  await server.problem(server.delete('/runs/x'), 404, 'run_not_found');
  await server.problem(server.post('/leases?run=x', {}), 404, 'run_not_found');
});

test('without ?run= the only run is meant, and where there are several without a default it is 400 run_required', async (t) => {
  const { allowed, root, server } = await serve(t);
  await server.problem(server.get('/steps'), 400, 'run_required');
  await server.ok(server.put('/runs/one', { directory: root.path }), 201);
  assert.equal((await server.ok(server.get('/steps'))).run, 'one');
  await server.ok(server.put('/runs/two', { directory: join(allowed, 'two') }), 201);
  const { detail } = await server.problem(server.get('/wait'), 400, 'run_required');
  assert.match(detail, /one, two/);
});

test('without ?run= the run default is meant on every route, however many are registered beside it', async (t) => {
  const { allowed, root, server } = await serve(t);
  root.save(100);
  await server.ok(server.put('/runs/default', { directory: root.path }), 201);
  await server.ok(server.put('/runs/another', { directory: join(allowed, 'another') }), 201);

  const runOf = async (answer: Promise<Answer>, status = 200) =>
    (await server.ok(answer, status)).run as string;
  const runs = [
    await runOf(server.get('/steps')),
    await runOf(server.get('/steps/latest')),
    await runOf(server.get('/steps/100')),
    await runOf(server.get('/steps/100/verify')),
    await runOf(server.get('/wait')),
    await runOf(server.post('/leases', {}), 201),
    await runOf(server.put('/consumers/c', { mode: 'every' }), 201),
    await runOf(server.get('/consumers/c')),
    await runOf(server.post('/consumers/c/next', {}), 201),
    await runOf(server.get('/restore-args?item=default')),
  ];
  assert.deepEqual([...new Set(runs)], ['default']);
  assert.equal((await server.ok(server.get('/consumers'))).items.length, 1);
  assert.equal((await server.delete('/consumers/c')).status, 204);
});

test('runs persist over a restart, and the command line wins', async (t) => {
  const { allowed, root, server } = await serve(t);
  await server.ok(server.put('/runs/r', { directory: root.path, step_prefix: 'x' }), 201);
  await server.restart();
  assert.equal((await server.ok(server.get('/runs/r'))).options.step_name_formats[0].step_prefix, 'x');
  await server.restart({ run: [`r=${join(allowed, 'elsewhere')}`] });
  assert.equal((await server.ok(server.get('/runs/r'))).directory, join(allowed, 'elsewhere'));
});

test('a change that moves paths needs no leases; without them it moves, with them it is 409 run_in_use', async (t) => {
  const { allowed, root, server } = await serve(t);
  root.save(1);
  await server.ok(server.put('/runs/r', { directory: root.path }), 201);
  const lease = await server.ok(server.post('/leases', { step: 1 }), 201);
  for (const change of [{ snapshot_layout: 'orbax' }, { snapshot_dir: join(allowed, 'snaps') }]) {
    await server.problem(server.put('/runs/r', { directory: root.path, ...change }), 409, 'run_in_use');
  }
  await server.ok(server.put('/runs/r', { directory: root.path, poll_interval: 2 }));
  await server.ok(server.delete(`/leases/${lease.id}`), 204);
  await server.observed.next('snapshotRemoved');
  await server.ok(server.put('/runs/r', { directory: root.path, snapshot_layout: 'orbax' }));
});

test('other name formats take effect at once', async (t) => {
  const { root, server } = await serve(t);
  root.save(5);
  root.save(0, { name: 'ckpt_7' });
  const before = await server.ok(server.put('/runs/r', { directory: root.path }), 201);
  assert.equal(before.latest_step, 5);
  const after = await server.ok(server.put('/runs/r', { directory: root.path, step_prefix: 'ckpt' }));
  assert.equal(after.latest_step, 7);
  assert.deepEqual(
    (await server.ok(server.get('/steps'))).items.map((item: Json) => item.name),
    ['ckpt_7'],
  );
});

test('DELETE needs no active leases, or force: then they are broken and waits end with run_not_found', async (t) => {
  const { root, server } = await serve(t);
  root.save(1);
  await server.ok(server.put('/runs/r', { directory: root.path }), 201);
  const lease = await server.ok(server.post('/leases', { step: 1 }), 201);
  const waiting = server.get('/wait?until=2');
  await server.observed.next('waitStarted');
  await server.problem(server.delete('/runs/r'), 409, 'run_in_use');
  await server.ok(server.delete('/runs/r?force=true'), 204);
  await server.problem(waiting, 404, 'run_not_found');
  assert.equal((await server.ok(server.get(`/leases/${lease.id}`))).state, 'broken');
  await server.problem(server.get('/runs/r'), 404, 'run_not_found');
  await server.ok(server.put('/runs/r', { directory: root.path }), 201);
});

test('a directory that comes later, goes and comes back is reported, and recovers by itself', async (t) => {
  const { root, server } = await serve(t);
  rmSync(root.path, { recursive: true });
  const run = await server.ok(server.put('/runs/r', { directory: root.path, ...POLL }), 201);
  assert.equal(run.state, 'waiting_for_directory');
  mkdirSync(root.path);
  root.save(1);
  await server.ok(server.get('/wait?until=1'));
  assert.equal((await server.ok(server.get('/runs/r'))).state, 'watching');
  rmSync(root.path, { recursive: true });
  await server.observed.next('runStateChanged', ({ from }) => from === 'watching');
  assert.deepEqual((await server.ok(server.get('/steps'))).items, []);
  mkdirSync(root.path);
  root.save(2);
  await server.ok(server.get('/wait?until=2'));
  const types = (await server.ok(server.get('/events'))).items.map(
    (event: Json) => `${event.type} ${event.subject}`,
  );
  assert.deepEqual(types, [
    'run.registered r',
    'run.available r',
    'step.finalized 1',
    'step.deleted 1',
    'run.unavailable r',
    'run.directory_changed r',
    'run.available r',
    'step.finalized 2',
  ]);
});

test('a directory replaced by a file, or by a link out of the allow-root, makes the run unavailable until it is back', async (t) => {
  const { root, server } = await serve(t);
  root.save(1);
  await server.ok(server.put('/runs/r', { directory: root.path, ...POLL }), 201);
  renameSync(root.path, `${root.path}.aside`);
  const outside = new CheckpointRoot(realpathSync(temporaryFolder(t)));
  outside.save(666);
  for (const replace of [
    () => writeFileSync(root.path, 'no directory'),
    () => symlinkSync(outside.path, root.path),
  ]) {
    replace();
    assert.equal((await server.ok(server.get('/wait?timeout=0'))).reason, 'timeout');
    const run = await server.ok(server.get('/runs/r'));
    assert.equal(run.state, 'unavailable');
    assert.ok(run.reason.length > 0);
    await server.problem(server.get('/steps'), 503, 'run_unavailable');
    await server.problem(server.post('/leases', { step: 1 }), 503, 'run_unavailable');
    rmSync(root.path);
  }
  renameSync(`${root.path}.aside`, root.path);
  await server.observed.next('runStateChanged', ({ to }) => to === 'watching');
  assert.deepEqual(
    (await server.ok(server.get('/steps'))).items.map((item: Json) => item.step),
    [1],
  );
});

test('a directory replaced by a link within the allow-root is followed, and told of', async (t) => {
  const { allowed, root, server } = await serve(t);
  await server.ok(server.put('/runs/r', { directory: root.path, ...POLL }), 201);
  mkdirSync(join(allowed, 'other'));
  new CheckpointRoot(join(allowed, 'other')).save(7);
  renameSync(root.path, `${root.path}.aside`);
  symlinkSync(join(allowed, 'other'), root.path);
  assert.equal((await server.ok(server.get('/wait?until=7'))).step, 7);
  await server.observed.next('eventAppended', ({ type }) => type === 'run.directory_changed');
});

test('a root of step-N is warned of with the values to set, and those make its steps visible', async (t) => {
  const { root, server } = await serve(t);
  for (const step of [100, 200]) root.save(step, { name: `step-${step}` });
  const { warnings } = await server.ok(server.put('/runs/r', { directory: root.path }), 201);
  assert.deepEqual(
    warnings.map(({ code, detail, hint }: Json) => [code, detail, hint]),
    [
      [
        'name_format',
        '2 directories look like step-N: set step_prefix and step_separator',
        'PUT /runs/{run} with step_prefix "step" and step_separator "-", or start the server so',
      ],
    ],
  );
  const options = { step_prefix: 'step', step_separator: '-' };
  const run = await server.ok(server.put('/runs/r', { directory: root.path, ...options }));
  assert.deepEqual([run.latest_step, run.step_count, run.warnings], [200, 2, []]);
  assert.equal((await server.ok(server.post('/leases', { until: 150 }), 201)).step, 200);
});

test('a number beyond the largest step number is given as the reason', async (t) => {
  const { root, server } = await serve(t);
  mkdirSync(root.at('9007199254740993'));
  await server.ok(server.put('/runs/r', { directory: root.path }), 201);
  const { items } = await server.ok(server.get('/steps?state=all'));
  assert.match(items[0].reason, /^its number is greater than 9007199254740991/);
});

test('warnings say which name format the directories seem to have', async (t) => {
  const { root, server } = await serve(t);
  for (const step of [1, 2, 3]) root.save(step, { name: `checkpoint_${step}` });
  const { warnings } = await server.ok(server.put('/runs/r', { directory: root.path }), 201);
  assert.deepEqual(
    warnings.map((warning: Json) => warning.detail),
    ['3 directories look like checkpoint_N: set step_prefix'],
  );
});

test('directories of another name form beside steps, and plain files like steps, are warned of and not listed', async (t) => {
  const { root, server } = await serve(t);
  root.save(500);
  root.save(600, { name: 'checkpoint-600' });
  writeFileSync(root.at('checkpoint_10'), 'of flax');
  const run = await server.ok(server.put('/runs/r', { directory: root.path }), 201);
  assert.deepEqual(
    run.warnings.map(({ code, detail }: Json) => [code, detail]),
    [
      ['name_format', '1 directory looks like checkpoint-N: set step_prefix and step_separator'],
      ['plain_files', '1 plain file looks like checkpoint_N: steplease, as Orbax, reads directories only'],
    ],
  );
  const { items } = await server.ok(server.get('/steps?state=all'));
  assert.deepEqual(items.map(({ name }: Json) => name).toSorted(), ['500', 'checkpoint-600']);
});

test('a snapshot directory that cannot be used is a warning, and no failure to show the run', async (t) => {
  const { root, server } = await serve(t);
  writeFileSync(root.at('_STEPLEASE'), 'a file');
  root.save(1);
  const { warnings } = await server.ok(server.put('/runs/r', { directory: root.path }), 201);
  assert.deepEqual(
    warnings.map((warning: Json) => warning.code),
    ['snapshot_dir_unreadable'],
  );
  assert.ok(warnings[0].detail.includes(root.at('_STEPLEASE')));
  await server.ok(server.get('/runs'));
});

test('a directory of 500 steps is listed whole, and scanned in batches', async (t) => {
  const { root, server } = await serve(t);
  for (let step = 0; step < 500; step += 1) root.save(step, { fixture: 'direct/7' });
  await server.ok(server.put('/runs/r', { directory: root.path }), 201);
  const { items } = await server.ok(server.get('/steps'));
  assert.equal(items.length, 500);
});
