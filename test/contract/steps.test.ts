import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { test } from 'node:test';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import type { Json } from '../support/http-client.js';
import { RunningServer } from '../support/running-server.js';

const FAST = { poll_interval: '0.05', settle: '100ms' };

test('GET /steps lists all finalized steps ascending, with the highest as latest_step', async (t) => {
  const root = CheckpointRoot.make(t);
  for (const step of [100, 20, 3]) root.save(step);
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  const { run, latest_step, items, next_page, cursor } = await server.ok(server.get('/steps'));
  assert.deepEqual([run, latest_step, next_page], ['default', 100, null]);
  assert.deepEqual(
    items.map((item: Json) => item.step),
    [3, 20, 100],
  );
  assert.equal(typeof cursor, 'string');
});

test('a Step has every field of the contract', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(400, { fixture: 'plain/400' });
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  const step = await server.ok(server.get('/steps/400'));
  assert.deepEqual(
    { ...step, generation: null, committed_at: null, init_at: null, custom_metadata: null },
    {
      run: 'default',
      step: 400,
      name: '400',
      generation: null,
      state: 'finalized',
      reason: 'was renamed to its final name',
      path: root.at(400),
      relative_path: '400',
      committed_at: null,
      init_at: null,
      items: ['default', 'metrics'],
      metrics: { accuracy: 0.4, loss: 'NaN' },
      custom_metadata: null,
      size_bytes: Number(
        execFileSync('bash', ['-c', `find ${root.at(400)} -type f -printf '%s\\n' | paste -sd+ | bc`]),
      ),
      file_count: 15,
      leases: 0,
      snapshot: null,
    },
  );
  assert.match(step.committed_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.match(step.generation, /^[A-Za-z0-9._-]+$/);
});

test('min, max, order and state select, pages follow each other, and nameless entries come last by name', async (t) => {
  const root = CheckpointRoot.make(t);
  for (const step of [1, 2, 3, 4]) root.save(step);
  root.write(9);
  for (const name of ['zebra', 'apple']) mkdirSync(root.at(name));
  writeFileSync(root.at('a plain file'), '');
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  const names = async (query: string) =>
    (await server.ok(server.get(`/steps?${query}`))).items.map((item: Json) => item.name);
  assert.deepEqual(await names('min=2&max=3'), ['2', '3']);
  assert.deepEqual(await names('order=desc'), ['4', '3', '2', '1']);
  assert.deepEqual(await names('state=temporary'), ['9.orbax-checkpoint-tmp']);
  assert.deepEqual(await names('state=foreign'), ['apple', 'zebra']);
  assert.deepEqual(await names('state=all&order=desc'), [
    '9.orbax-checkpoint-tmp',
    '4',
    '3',
    '2',
    '1',
    'apple',
    'zebra',
  ]);
  const paged: string[] = [];
  for (let page = ''; ; ) {
    const list = await server.ok(server.get(`/steps?state=all&limit=2${page}`));
    paged.push(...list.items.map((item: Json) => item.name));
    if (list.next_page === null) break;
    page = `&page=${encodeURIComponent(list.next_page)}`;
  }
  assert.deepEqual(paged, ['1', '2', '3', '4', '9.orbax-checkpoint-tmp', 'apple', 'zebra']);
  await server.problem(server.get('/steps?page=nonsense'), 400, 'invalid_request');
});

test('an ETag answers 304 until something changes', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(1);
  const server = await RunningServer.start(t, { flags: { directory: root.path, ...FAST } });
  await server.get('/steps/1');
  const first = await server.get('/steps');
  const etag = first.headers.get('etag') ?? '';
  assert.equal((await server.get('/steps', { headers: { 'if-none-match': etag } })).status, 304);
  root.save(2);
  await server.ok(server.get('/wait?until=2'));
  const changed = await server.get('/steps', { headers: { 'if-none-match': etag } });
  assert.equal(changed.status, 200);
  assert.notEqual(changed.headers.get('etag'), etag);
});

test('a name that contains the temporary mark is temporary, with that reason', async (t) => {
  const root = CheckpointRoot.make(t);
  root.write(5);
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  const [entry] = (await server.ok(server.get('/steps?state=all'))).items;
  assert.deepEqual(
    [entry.step, entry.state, entry.reason],
    [5, 'temporary', 'name ends in .orbax-checkpoint-tmp'],
  );
});

test('symbolic links and strange names are foreign, and the snapshot directory is no step', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(1);
  symlinkSync(root.at(1), root.at(2));
  mkdirSync(root.at('007'));
  mkdirSync(root.at('eval_9000'));
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  await server.ok(server.post('/leases', { step: 1 }), 201);
  const { items } = await server.ok(server.get('/steps?state=all'));
  const states = items.map((item: Json) => `${item.name} ${item.state}`);
  assert.deepEqual(states, ['1 finalized', '007 foreign', '2 foreign', 'eval_9000 foreign']);
  assert.ok(items.every((item: Json) => item.reason.length > 0));
});

test('prefix and fixed length are heeded, and the earlier of several formats shadows the later', async (t) => {
  const root = CheckpointRoot.make(t);
  for (const name of ['step_00000010', '10', 'step_7', '11']) root.save(0, { name });
  const server = await RunningServer.start(t, { flags: { allow_root: [root.path] } });
  const formats = [{ step_prefix: 'step', step_format_fixed_length: 8 }, { step_prefix: null }];
  await server.ok(server.put('/runs/r', { directory: root.path, step_name_formats: formats }), 201);
  const { items } = await server.ok(server.get('/steps?state=all'));
  assert.deepEqual(
    items.map((item: Json) => `${item.name} ${item.step} ${item.state}`),
    ['10 10 foreign', 'step_00000010 10 finalized', '11 11 finalized', 'step_7 null foreign'],
  );
  assert.equal(items[0].reason, 'shadowed by step_00000010');
});

test('a name that is not finalized shadows none: the later one counts until the earlier is committed', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(10);
  root.save(10, { name: 'step_00000010' });
  unlinkSync(root.at('step_00000010', 'commit_success.txt'));
  const server = await RunningServer.start(t, { flags: { allow_root: [root.path] } });
  const body = {
    directory: root.path,
    step_name_formats: [{ step_prefix: 'step', step_format_fixed_length: 8 }, {}],
    commit_mode: 'commit_file',
    poll_interval: 0.05,
  };
  await server.ok(server.put('/runs/r', body), 201);
  const states = async () =>
    (await server.ok(server.get('/steps?state=all'))).items.map((item: Json) => `${item.name} ${item.state}`);
  assert.deepEqual(await states(), ['10 finalized', 'step_00000010 temporary']);
  assert.equal((await server.ok(server.get('/wait?until=10'))).item.name, '10');

  const { cursor } = await server.ok(server.get('/steps'));
  writeFileSync(root.at('step_00000010', 'commit_success.txt'), '');
  assert.equal((await server.ok(server.get(`/wait?after=${cursor}`))).item.name, 'step_00000010');
  assert.deepEqual(await states(), ['10 foreign', 'step_00000010 finalized']);
  rmSync(root.at('step_00000010'), { recursive: true });
  await server.observed.next(
    'eventAppended',
    ({ subject, type }) => type === 'step.deleted' && subject !== '10',
  );
  assert.equal((await server.ok(server.get('/wait?until=10'))).item.name, '10');
  const { items } = await server.ok(server.get(`/events?after=${cursor}`));
  assert.deepEqual(
    items.map((event: Json) => `${event.type} ${event.subject}`),
    ['step.deleted 10', 'step.finalized step_00000010', 'step.deleted step_00000010', 'step.finalized 10'],
  );
});

test('in commit_file mode a step is final with commit_success.txt, and temporary without', async (t) => {
  const root = CheckpointRoot.make(t);
  const flags = { directory: root.path, commit_mode: 'commit_file', ...FAST };
  root.save(1);
  root.save(2);
  unlinkSync(root.at(2, 'commit_success.txt'));
  const server = await RunningServer.start(t, { flags });
  const waiting = server.ok(server.get('/wait?until=2&timeout=10'));
  const { items } = await server.ok(server.get('/steps?state=all'));
  assert.deepEqual(
    items.map((item: Json) => item.state),
    ['finalized', 'temporary'],
  );
  assert.equal(items[1].reason, 'commit_success.txt is missing');
  writeFileSync(root.at(2, 'commit_success.txt'), '');
  assert.equal((await waiting).step, 2);
});

test('a step that loses a file of its inventory is deleting: never waited for, never granted', async (t) => {
  const root = CheckpointRoot.make(t);
  for (const step of [1, 2, 3]) root.save(step);
  const server = await RunningServer.start(t, { flags: { directory: root.path, ...FAST } });
  await server.ok(server.get('/steps/3'));
  unlinkSync(
    execFileSync('find', [root.at(3, 'default'), '-type', 'f', '-print', '-quit'])
      .toString()
      .trim(),
  );
  assert.equal((await server.ok(server.get('/wait'))).step, 2);
  const step = await server.ok(server.get('/steps/3'));
  assert.equal(step.state, 'deleting');
  assert.match(step.reason, /default\/.* has vanished/);
  await server.problem(server.post('/leases', { step: 3 }), 404, 'step_not_found');
  assert.equal((await server.ok(server.post('/leases', {}), 201)).step, 2);
});

test('at first sight an empty directory, or one that lacks an item of its metadata, is deleting', async (t) => {
  const root = CheckpointRoot.make(t);
  mkdirSync(root.at(1));
  root.save(2);
  rmSync(root.at(2, 'default'), { recursive: true });
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  const { items } = await server.ok(server.get('/steps?state=all'));
  assert.deepEqual(
    items.map((item: Json) => `${item.step} ${item.state}`),
    ['1 deleting', '2 deleting'],
  );
  assert.match(items[1].reason, /item default/);
  assert.equal((await server.ok(server.get('/wait?timeout=0'))).reason, 'timeout');
});

test('a step that is written in place counts once its content stayed unchanged for the settle time', async (t) => {
  const root = CheckpointRoot.make(t);
  const server = await RunningServer.start(t, { flags: { directory: root.path, ...FAST } });
  const waiting = server.ok(server.get('/wait?until=1&timeout=20'));
  await server.observed.next('waitStarted');
  mkdirSync(root.at(1));
  writeFileSync(root.at(1, 'checkpoint'), 'data');
  const { waited, item } = await waiting;
  assert.ok(waited >= 0.1, `after ${waited} s`);
  assert.deepEqual(item.items, []);
});

test('a step saved again is a new generation, told of with the one it replaces', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(1);
  const server = await RunningServer.start(t, { flags: { directory: root.path, ...FAST } });
  const before = await server.ok(server.get('/steps/1'));
  const { cursor } = await server.ok(server.get('/steps'));
  root.delete(1);
  root.save(1);
  const { item } = await server.ok(server.get(`/wait?after=${cursor}&timeout=10`));
  assert.notEqual(item.generation, before.generation);
});

test('a restart keeps generations and tells of nothing anew', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(1);
  root.saveUnmarked(2);
  const server = await RunningServer.start(t, { flags: { directory: root.path, ...FAST } });
  await server.ok(server.get('/wait?until=2&timeout=20'));
  const before = await server.ok(server.get('/steps'));
  await server.restart();
  const after = await server.ok(server.get('/steps'));
  assert.deepEqual(after.items, before.items);
  const { items } = await server.ok(server.get(`/events?after=${before.cursor}`));
  assert.deepEqual(
    items.map((event: Json) => event.type),
    [],
  );
});

for (const [what, spoil] of [
  ['truncated', (file: string) => truncateSync(file, 40)],
  ['100 MB', (file: string) => truncateSync(file, 100 * 1024 * 1024)],
  ['nested 100,000 deep', (file: string) => writeFileSync(file, '['.repeat(100_000))],
] as const) {
  test(`a _CHECKPOINT_METADATA that is ${what} makes metrics null and says so`, async (t) => {
    const root = CheckpointRoot.make(t);
    root.save(1);
    rmSync(root.at(1, 'metrics'), { recursive: true });
    spoil(root.at(1, '_CHECKPOINT_METADATA'));
    const server = await RunningServer.start(t, { flags: { directory: root.path, settle: '10ms' } });
    await server.ok(server.get('/wait?until=1&timeout=60'));
    const step = await server.ok(server.get('/steps/1'));
    assert.deepEqual([step.state, step.metrics, step.custom_metadata], ['finalized', null, null]);
    assert.match(step.reason, /_CHECKPOINT_METADATA/);
  });
}

test('a step without items has items []', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(7, { fixture: 'direct/7' });
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  assert.deepEqual((await server.ok(server.get('/steps/latest'))).items, []);
});

test('404 step_not_found comes only after a fresh scan', async (t) => {
  const root = CheckpointRoot.make(t);
  const server = await RunningServer.start(t, {
    flags: { directory: root.path, watch: 'poll', poll_interval: '60' },
  });
  await server.problem(server.get('/steps/1'), 404, 'step_not_found');
  root.save(1);
  assert.equal((await server.ok(server.get('/steps/1'))).step, 1);
});

for (const order of ['asc', 'desc']) {
  for (const state of ['finalized', 'temporary', 'deleting', 'foreign', 'all']) {
    test(`pages of ${state} steps, ${order}, are the list in pieces of any size`, async (t) => {
      const root = CheckpointRoot.make(t);
      for (const step of [1, 2, 3, 10]) root.save(step);
      for (const step of [4, 11]) root.write(step);
      for (const name of ['5', '6', 'b', 'a', 'ö', '%2F', '012']) mkdirSync(root.at(name));
      const server = await RunningServer.start(t, { flags: { directory: root.path } });
      const list = await server.ok(server.get(`/steps?state=${state}&order=${order}`));
      assert.ok(list.items.length >= 2);
      for (const limit of [1, 2, 3]) {
        const pieces: Json[] = [];
        for (let page: string | null = ''; page !== null; ) {
          const piece: Json = await server.ok(
            server.get(
              `/steps?state=${state}&order=${order}&limit=${limit}${page === '' ? '' : `&page=${encodeURIComponent(page)}`}`,
            ),
          );
          assert.ok(piece.items.length <= limit);
          pieces.push(...piece.items);
          page = piece.next_page;
        }
        assert.deepEqual(pieces, list.items);
      }
    });
  }
}

test('a page goes on behind its last step, even if that is gone meanwhile', async (t) => {
  const root = CheckpointRoot.make(t);
  for (const step of [1, 2, 3]) root.save(step);
  const server = await RunningServer.start(t, { flags: { directory: root.path, ...FAST } });
  const { next_page } = await server.ok(server.get('/steps?limit=2'));
  root.delete(2);
  await server.observed.next('eventAppended', ({ type }) => type === 'step.deleted');
  const { items } = await server.ok(server.get(`/steps?page=${next_page}`));
  assert.deepEqual(
    items.map((item: Json) => item.step),
    [3],
  );
});

test('an ETag changes with the leases of a step, is understood weak and in a list, and survives a restart', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(1);
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  await server.ok(server.get('/steps/1'));
  const etag = (await server.get('/steps')).headers.get('etag') ?? '';
  const asked = async (tag: string) =>
    (await server.get('/steps', { headers: { 'if-none-match': tag } })).status;
  assert.deepEqual(
    [await asked(`W/${etag}`), await asked(`"other", ${etag}`), await asked('*')],
    [304, 304, 304],
  );
  assert.equal(await asked('"other"'), 200);
  await server.restart();
  await server.ok(server.get('/steps/1'));
  assert.equal(await asked(etag), 304);
  await server.ok(server.post('/leases', { step: 1 }), 201);
  assert.equal(await asked(etag), 200);
  assert.equal((await server.ok(server.get('/steps'))).items[0].leases, 1);
});

for (const step of ['-1', '1.5', 'first', '1e3', '1152921504606846976']) {
  test(`GET /steps/${step} is refused`, async (t) => {
    const root = CheckpointRoot.make(t);
    const server = await RunningServer.start(t, { flags: { directory: root.path } });
    const { detail } = await server.problem(server.get(`/steps/${step}`), 400, 'invalid_request');
    assert.ok(detail.includes(step), detail);
  });
}

for (const query of ['min=-1', 'max=x', 'order=up', 'state=gone', 'min=1152921504606846976']) {
  test(`GET /steps?${query} is refused, and named`, async (t) => {
    const root = CheckpointRoot.make(t);
    const server = await RunningServer.start(t, { flags: { directory: root.path } });
    const { detail } = await server.problem(server.get(`/steps?${query}`), 400, 'invalid_request');
    for (const part of query.split('=')) assert.ok(detail.includes(part), detail);
  });
}

test('a step that is not there says what is, and one that is there in another state is shown', async (t) => {
  const root = CheckpointRoot.make(t);
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  await server.problem(server.get('/steps/latest'), 404, 'step_not_found');
  root.save(4);
  root.write(6);
  const { detail } = await server.problem(server.get('/steps/5'), 404, 'step_not_found');
  assert.match(detail, /highest finalized step is 4/);
  assert.equal((await server.ok(server.get('/steps/6'))).state, 'temporary');
  assert.equal((await server.ok(server.get('/steps/latest'))).step, 4);
});

test('items are those of the metadata, sorted, and metrics of the item or else of the metadata', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(3, { fixture: 'composite/3' });
  root.save(4);
  rmSync(root.at(4, 'metrics'), { recursive: true });
  const metadata = JSON.parse(readFileSync(root.at(4, '_CHECKPOINT_METADATA'), 'utf8'));
  delete metadata.item_handlers.metrics;
  writeFileSync(
    root.at(4, '_CHECKPOINT_METADATA'),
    JSON.stringify({ ...metadata, metrics: { loss: 0.25 } }).replace('0.25', '-Infinity'),
  );
  const server = await RunningServer.start(t, { flags: { directory: root.path, settle: '10ms' } });
  await server.ok(server.get('/wait?until=4&timeout=60'));
  assert.deepEqual((await server.ok(server.get('/steps/3'))).items, ['dataset', 'state']);
  const step = await server.ok(server.get('/steps/4'));
  assert.deepEqual([step.items, step.metrics], [['default'], { loss: '-Infinity' }]);
});

test('an older temporary name with a timestamp behind the mark is temporary as well', async (t) => {
  const root = CheckpointRoot.make(t);
  mkdirSync(root.at('5.orbax-checkpoint-tmp-1700000000'));
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  const [entry] = (await server.ok(server.get('/steps?state=temporary'))).items;
  assert.deepEqual([entry.step, entry.reason], [5, 'name contains .orbax-checkpoint-tmp']);
});

test('the snapshot directory of the other layout, and one of its own inside the run, are no steps either', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(1);
  const server = await RunningServer.start(t, { flags: { allow_root: [root.path] } });
  for (const layout of [{ snapshot_layout: 'orbax' }, { snapshot_dir: root.at('held') }]) {
    await server.ok(
      server.put('/runs/r', { directory: root.path, ...layout }),
      'snapshot_dir' in layout ? 200 : 201,
    );
    const lease = await server.ok(server.post('/leases', { step: 1 }), 201);
    assert.ok(!lease.path.startsWith(root.at('_STEPLEASE')), lease.path);
    const names = (await server.ok(server.get('/steps?state=all'))).items.map((item: Json) => item.name);
    assert.ok(
      !names.includes('held') && !(names.includes('_SNAPSHOTS') && 'snapshot_layout' in layout),
      names.join(),
    );
    await server.ok(server.delete(`/leases/${lease.id}`), 204);
    await server.observed.next('snapshotRemoved');
  }
});
