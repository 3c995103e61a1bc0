import assert from 'node:assert/strict';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import { fixturePath } from '../support/fixtures.js';
import type { Json } from '../support/http-client.js';
import { RunningServer } from '../support/running-server.js';

/** How long content must stay unchanged; scans come more often. */
const SETTLE_MS = 400;
const FLAGS = { poll_interval: '0.05', settle: `${SETTLE_MS}ms` };
/** No test waits for so long: what has to settle stays temporary. */
const NEVER = { poll_interval: '0.05', settle: '1h' };

async function serve(t: TestContext, flags: Readonly<Record<string, string>> = FLAGS) {
  const root = CheckpointRoot.make(t);
  const server = await RunningServer.start(t, { flags: { directory: root.path, ...flags } });
  return { root, server };
}

const filesOf = (directory: string) =>
  readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;

/** What /steps/latest, /wait and a lease say of a step, in this order. */
async function offers(server: RunningServer, step: number): Promise<readonly boolean[]> {
  const latest = await server.get('/steps/latest');
  const wait = await server.ok(server.get(`/wait?until=${step}&timeout=0`));
  const lease = await server.post('/leases', { step });
  if (lease.status === 201) await server.delete(`/leases/${lease.body.id}`);
  return [latest.body.step === step, wait.satisfied, lease.status === 201];
}

test('a directory that is copied in is temporary, with a reason, and offered whole once it stayed unchanged', async (t) => {
  const { root, server } = await serve(t);
  const source = fixturePath('plain/100');
  const waiting = server.ok(server.get('/wait?until=7&timeout=60'));
  mkdirSync(root.at(7));
  let copied = 0;
  for (const name of readdirSync(source)) {
    // The step was looked at with what was there so far, and is not offered.
    await server.ok(server.get('/wait?until=7&timeout=0.05'));
    const [entry] = (await server.ok(server.get('/steps?state=all'))).items;
    assert.notEqual(entry.state, 'finalized', `after ${copied} entries`);
    cpSync(join(source, name), root.at(7, name), { recursive: true });
    copied += 1;
  }
  const { item } = await waiting;
  assert.equal(item.file_count, filesOf(source));
  const lease = await server.ok(server.post('/leases', { step: 7 }), 201);
  assert.equal(filesOf(lease.path), filesOf(source));
});

test('the reason of a step that has to settle says what it waits for', async (t) => {
  const { root, server } = await serve(t, NEVER);
  cpSync(fixturePath('plain/100'), root.at(7), { recursive: true });
  await server.ok(server.get('/wait?until=7&timeout=0.1'));
  const [entry] = (await server.ok(server.get('/steps?state=temporary'))).items;
  assert.match(
    entry.reason,
    /nothing shows yet that its writer has finished.*unchanged|nothing in it has changed for 3600 seconds/,
  );
  const { detail } = await server.problem(server.post('/leases', { step: 7 }), 404, 'step_not_found');
  assert.match(detail, /7 is temporary/);
});

for (const [what, arrive] of [
  ['renamed from Orbax’s temporary name', (root: CheckpointRoot) => renameSync(root.write(7), root.at(7))],
  [
    'seen under any other name and renamed',
    async (root: CheckpointRoot, server: RunningServer) => {
      cpSync(fixturePath('plain/100'), root.at('staging'), { recursive: true });
      // A fresh scan sees it.
      await server.ok(server.get('/wait?until=7&timeout=0'));
      renameSync(root.at('staging'), root.at(7));
    },
  ],
  [
    'that carries a commit time after which nothing in it changed',
    (root: CheckpointRoot) => {
      const aside = `${root.path}.aside`;
      mkdirSync(aside);
      renameSync(root.write(7), join(aside, '7'));
      renameSync(join(aside, '7'), root.at(7));
    },
  ],
] as const)
  test(`a directory ${what} is offered at once`, async (t) => {
    const { root, server } = await serve(t, NEVER);
    const waiting = server.ok(server.get('/wait?until=7&timeout=60'));
    await server.observed.next('waitStarted');
    await arrive(root, server);
    assert.equal((await waiting).satisfied, true);
    assert.equal((await server.post('/leases', { step: 7 })).status, 201);
  });

test('a removal right before a directory is made is not taken for its rename', async (t) => {
  const { root, server } = await serve(t, NEVER);
  root.save(1);
  await server.ok(server.get('/wait?until=1&timeout=60'));
  root.delete(1);
  cpSync(fixturePath('plain/100'), root.at(7), { recursive: true });
  const wait = await server.ok(server.get('/wait?until=7&timeout=0.2'));
  assert.equal(wait.satisfied, false);
});

const DATA = 'default/_METADATA';
const changes: Record<string, (root: CheckpointRoot) => void> = {
  'a file whose time is set': (root) => utimesSync(root.at(7, DATA), 1, 1),
  'a file that is written again with the same bytes': (root) =>
    writeFileSync(root.at(7, DATA), readFileSync(root.at(7, DATA))),
  'a file that is replaced': (root) => {
    writeFileSync(root.at(7, 'default', 'new'), '{}');
    renameSync(root.at(7, 'default', 'new'), root.at(7, DATA));
  },
  'a file that is added to an item': (root) => writeFileSync(root.at(7, 'default', 'more'), ''),
  'a metadata file that is replaced': (root) => {
    cpSync(root.at(7, '_CHECKPOINT_METADATA'), root.at(7, 'tmp'));
    renameSync(root.at(7, 'tmp'), root.at(7, '_CHECKPOINT_METADATA'));
  },
};
for (const [what, change] of Object.entries(changes)) {
  test(`with ${what} a step is offered by nothing, and by everything as a new generation once it stayed unchanged`, async (t) => {
    const { root, server } = await serve(t);
    root.save(7);
    const { item: before, cursor } = await server.ok(server.get('/wait?until=7&timeout=60'));
    change(root);

    assert.deepEqual(await offers(server, 7), [false, false, false]);
    const changed = await server.ok(server.get('/steps/7'));
    assert.equal(changed.state, 'deleting');
    assert.match(changed.reason, /counts again, as a new generation/);

    const { item } = await server.ok(server.get(`/wait?after=${cursor}&timeout=60`));
    assert.notEqual(item.generation, before.generation);
    assert.equal(item.file_count, filesOf(root.at(7)));
    assert.deepEqual(await offers(server, 7), [true, true, true]);
    const { items } = await server.ok(
      server.get(`/events?after=${cursor}&types=step.finalized,step.deleted`),
    );
    assert.deepEqual(
      items.map(({ type, data }: Json) => [type, data.previous_generation]),
      [
        ['step.deleted', undefined],
        ['step.finalized', before.generation],
      ],
    );
  });
}

test('a lease keeps what it had when its step is changed in place', async (t) => {
  const { root, server } = await serve(t);
  root.save(7);
  const lease = await server.ok(server.post('/leases', { until: 7 }), 201);
  const count = filesOf(lease.path);
  changes['a file that is replaced']?.(root);
  writeFileSync(root.at(7, 'default', 'more'), '');
  const { cursor } = await server.ok(server.get('/events?timeout=60&types=step.deleted&limit=1'));
  await server.ok(server.get(`/wait?after=${cursor}&timeout=60`));
  assert.equal((await server.ok(server.get(`/leases/${lease.id}`))).state, 'active');
  assert.equal(filesOf(lease.path), count);
});

test('results beside the items, and transient files anywhere, change nothing', async (t) => {
  const { root, server } = await serve(t);
  root.save(7);
  const { item: before } = await server.ok(server.get('/wait?until=7&timeout=60'));
  writeFileSync(root.at(7, 'eval.json'), '{}');
  writeFileSync(root.at(7, 'default', 'write.lock'), '');
  assert.deepEqual(await offers(server, 7), [true, true, true]);
  unlinkSync(root.at(7, 'default', 'write.lock'));
  unlinkSync(root.at(7, 'eval.json'));
  assert.deepEqual(await offers(server, 7), [true, true, true]);
  assert.equal((await server.ok(server.get('/steps/7'))).generation, before.generation);
});

test('a step that lost a file of an item stays deleting, and comes back as a new generation when the file is back', async (t) => {
  const { root, server } = await serve(t);
  root.save(7);
  const { cursor } = await server.ok(server.get('/wait?until=7&timeout=60'));
  const bytes = readFileSync(root.at(7, DATA));
  unlinkSync(root.at(7, DATA));
  assert.deepEqual(await offers(server, 7), [false, false, false]);
  const wait = await server.ok(server.get(`/wait?after=${cursor}&timeout=${(3 * SETTLE_MS) / 1000}`));
  assert.equal(wait.satisfied, false);
  writeFileSync(root.at(7, DATA), bytes);
  assert.equal((await server.ok(server.get(`/wait?after=${cursor}&timeout=60`))).step, 7);
});

test('an item that Orbax deletes on purpose leaves a new generation with the others', async (t) => {
  const { root, server } = await serve(t);
  root.save(7, { fixture: 'composite/3' });
  const { item, cursor } = await server.ok(server.get('/wait?until=7&timeout=60'));
  assert.deepEqual(item.items, ['dataset', 'state']);
  writeFileSync(root.at(7, '_CHECKPOINT_DELETION'), '{"checkpointable_name": "dataset"}');
  await server.problem(server.get('/steps/latest'), 404, 'step_not_found');
  assert.match((await server.ok(server.get('/steps/7'))).reason, /item dataset is being deleted/);
  rmSync(root.at(7, 'dataset'), { recursive: true });
  const metadata = JSON.parse(readFileSync(root.at(7, '_CHECKPOINT_METADATA'), 'utf8'));
  delete metadata.item_handlers.dataset;
  writeFileSync(root.at(7, '_CHECKPOINT_METADATA'), JSON.stringify(metadata));
  unlinkSync(root.at(7, '_CHECKPOINT_DELETION'));
  const after = await server.ok(server.get(`/wait?after=${cursor}&timeout=60`));
  assert.deepEqual(after.item.items, ['state']);
  assert.deepEqual(await offers(server, 7), [true, true, true]);
});

test('bookkeeping alone is never offered', async (t) => {
  const { root, server } = await serve(t, { ...FLAGS, settle: '10ms' });
  const metadata = readFileSync(join(fixturePath('plain/100'), '_CHECKPOINT_METADATA'), 'utf8');
  const withoutItems = JSON.stringify({ ...JSON.parse(metadata), item_handlers: undefined });
  for (const [step, name, content] of [
    [1, 'commit_success.txt', ''],
    [2, '_CHECKPOINT_METADATA', withoutItems],
    [3, '_CHECKPOINT_METADATA', ''],
    [4, '_CHECKPOINT_METADATA', metadata.slice(0, 20)],
  ] as const) {
    mkdirSync(root.at(`${step}.orbax-checkpoint-tmp`));
    writeFileSync(root.at(`${step}.orbax-checkpoint-tmp`, name), content);
    renameSync(root.at(`${step}.orbax-checkpoint-tmp`), root.at(step));
  }
  const wait = await server.ok(server.get('/wait?timeout=0.3'));
  assert.equal(wait.satisfied, false);
  const { items } = await server.ok(server.get('/steps?state=temporary'));
  assert.deepEqual(
    items.map(({ step, reason }: Json) => [step, /nothing but bookkeeping/.test(reason)]),
    [1, 2, 3, 4].map((step) => [step, true]),
  );
});

test('after a restart a step that was changed meanwhile is a new generation, and one that was not is the same', async (t) => {
  const { root, server } = await serve(t);
  root.save(7);
  root.save(8);
  await server.ok(server.get('/wait?until=8&timeout=60'));
  const before = await server.ok(server.get('/steps'));
  await server.stop();
  utimesSync(root.at(7, DATA), 1, 1);
  await server.begin();
  await server.ok(server.get(`/wait?after=${before.cursor}&timeout=60`));
  const after = await server.ok(server.get('/steps'));
  const same = after.items.map(
    ({ generation }: Json, place: number) => generation === before.items[place].generation,
  );
  assert.deepEqual(same, [false, true]);
});

test("a step that loses another writer's mark is no longer offered, nor leased", async (t) => {
  const { root, server } = await serve(t, { ...FLAGS, commit_marker: 'DONE' });
  cpSync(fixturePath('plain/100'), root.at(7), { recursive: true });
  writeFileSync(root.at(7, 'DONE'), '');
  await server.ok(server.get('/wait?until=7&timeout=60'));
  assert.deepEqual(await offers(server, 7), [true, true, true]);
  unlinkSync(root.at(7, 'DONE'));
  assert.deepEqual(await offers(server, 7), [false, false, false]);
  const [entry] = (await server.ok(server.get('/steps?state=all'))).items;
  assert.deepEqual([entry.state, entry.reason], ['deleting', 'DONE is missing']);
});

test('a step that settled while rsync paused within a file is offered again once rsync has finished', async (t) => {
  const { root, server } = await serve(t);
  cpSync(fixturePath('plain/100'), root.at(7), { recursive: true });
  writeFileSync(root.at(7, 'default', '.shard.Ab3xYz'), 'half');
  const { cursor } = await server.ok(server.get('/wait?until=7&timeout=60'));
  renameSync(root.at(7, 'default', '.shard.Ab3xYz'), root.at(7, 'default', 'shard'));
  const again = await server.ok(server.get(`/wait?after=${cursor}&timeout=10`));
  assert.equal(again.satisfied, true);
  assert.deepEqual(await offers(server, 7), [true, true, true]);
});
