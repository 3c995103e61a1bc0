import assert from 'node:assert/strict';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fixtureNames, loadFixture, loadTargetCases, unpack } from '../engine/restore/fixtures.js';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import type { Json } from '../support/http-client.js';
import { RunningServer } from '../support/running-server.js';

/** Puts a layout that real Orbax wrote into place as a step; gives the item that its expected answer is about. */
function place(root: CheckpointRoot, name: string, step: number): string | null {
  const fixture = loadFixture(name);
  const folder = root.at('unpacking');
  mkdirSync(folder);
  unpack(fixture, folder);
  const [directory = '', ...item] = fixture.item.split('/');
  renameSync(join(folder, directory), root.at(step));
  rmSync(folder, { recursive: true });
  return item.length === 0 ? null : item.join('/');
}

async function serve(t: TestContext, names: readonly string[]) {
  const root = CheckpointRoot.make(t);
  const items = names.map((name, index) => place(root, name, index));
  const server = await RunningServer.start(t, { flags: { directory: root.path, poll_interval: '0.05' } });
  return { root, server, items };
}

test("GET answers what Orbax's construct_restore_args gives for the same checkpoint, layout by layout", async (t) => {
  const marked = fixtureNames().filter((name) => {
    const { answer, files, item } = loadFixture(name);
    const step = item.split('/', 1)[0];
    return answer !== undefined && item.split('/').length <= 2 && `${step}/_CHECKPOINT_METADATA` in files;
  });
  const { server, items } = await serve(t, marked);
  assert.ok(marked.length > 40);
  for (const [step, name] of marked.entries()) {
    const item = items[step] ?? null;
    const { answer, loose_answer } = loadFixture(name);
    const head = { run: 'default', step, item };
    const named = item === null ? '' : `&item=${item}`;
    assert.deepEqual(
      await server.ok(server.get(`/restore-args?step=${step}${named}`)),
      { ...head, ...Object(answer) },
      name,
    );
    const loose = `/restore-args?step=${step}${named}&set_global_shape=false&strict=false`;
    assert.deepEqual(await server.ok(server.get(loose)), { ...head, ...Object(loose_answer) }, name);
  }
});

test('POST answers what construct_restore_args gives for a target, and refuses what it refuses', async (t) => {
  const { server } = await serve(t, []);
  for (const { name, body, answer, error } of loadTargetCases()) {
    const { status, body: given } = await server.post('/restore-args', body);
    if (error === undefined) assert.deepEqual(given, answer, name);
    else assert.ok(status >= 400 && status < 500, `${name}: ${status}`);
  }
});

test('an unknown kind is 422 unsupported_type, malformed bodies are 400', async (t) => {
  const { server } = await serve(t, []);
  const target = { leaves: [{ path: ['x'], kind: 'torch.Tensor' }] };
  await server.problem(server.post('/restore-args', { target }), 422, 'unsupported_type');
  await server.problem(
    server.post('/restore-args', { target: { leaves: [] }, surprise: 1 }),
    400,
    'invalid_request',
  );
  await server.problem(server.post('/restore-args', {}), 400, 'invalid_request');
  await server.problem(
    server.post('/restore-args?run=x', { target: { leaves: [] } }),
    400,
    'invalid_request',
  );
});

test('item may be left out when the step has one or none, else 422 item_required; an unknown one is 404', async (t) => {
  const { server } = await serve(t, ['manager-default-item', 'manager-many-items', 'standard']);
  assert.equal((await server.ok(server.get('/restore-args?step=0'))).item, 'default');
  assert.equal((await server.ok(server.get('/restore-args?step=2'))).item, null);
  const { detail } = await server.problem(server.get('/restore-args?step=1'), 422, 'item_required');
  assert.match(detail, /state/);
  await server.problem(server.get('/restore-args?step=1&item=nothing'), 404, 'item_not_found');
  await server.problem(server.get('/restore-args?step=9'), 404, 'step_not_found');
  assert.equal((await server.ok(server.get('/restore-args?step=latest'))).step, 2);
});

test('with a lease its snapshot is read, also after the trainer deleted the step, until the lease ends', async (t) => {
  const { root, server } = await serve(t, ['sharded']);
  const { id } = await server.ok(server.post('/leases', { step: 0 }), 201);
  root.delete(0);
  await server.observed.next('eventAppended', ({ type }) => type === 'step.deleted');
  const args = await server.ok(server.get(`/restore-args?lease=${id}`));
  assert.deepEqual(args, { run: 'default', step: 0, item: null, ...Object(loadFixture('sharded').answer) });
  await server.ok(server.delete(`/leases/${id}`), 204);
  await server.problem(server.get(`/restore-args?lease=${id}`), 410, 'lease_released');
  await server.problem(server.get('/restore-args?lease=ls_nothing'), 404, 'lease_not_found');
  await server.problem(server.get(`/restore-args?lease=${id}&step=0`), 400, 'invalid_request');
});

test('damage with a checksum or a second source is 422 metadata_unreadable with file and offset', async (t) => {
  const root = CheckpointRoot.make(t);
  place(root, 'pytree-ocdbt-zarr2', 0);
  const bytes = readFileSync(root.at(0, 'manifest.ocdbt'));
  bytes[20] = (bytes[20] ?? 0) ^ 0xff;
  writeFileSync(root.at(0, 'manifest.ocdbt'), bytes);
  place(root, 'pytree-ocdbt-zarr2', 1);
  truncateSync(root.at(1, '_METADATA'), 30);
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  const manifest = await server.problem(server.get('/restore-args?step=0'), 422, 'metadata_unreadable');
  assert.equal(manifest.file, 'manifest.ocdbt');
  assert.equal(typeof manifest.offset, 'number');
  const metadata = await server.problem(server.get('/restore-args?step=1'), 422, 'metadata_unreadable');
  assert.equal(metadata.file, '_METADATA');
});

test('a msgpack checkpoint without _METADATA is 422 and says so', async (t) => {
  const { server } = await serve(t, ['old-msgpack-only']);
  await server.ok(server.get('/wait?until=0&timeout=20'));
  const { detail } = await server.problem(server.get('/restore-args?step=0'), 422, 'metadata_unreadable');
  assert.match(detail, /msgpack/);
});

test('verify says that a checkpoint is whole, or per problem the file and the reason', async (t) => {
  const { root, server } = await serve(t, ['pytree-ocdbt-zarr2', 'pytree-ocdbt-zarr2']);
  const whole = await server.ok(server.get('/steps/0/verify'));
  assert.deepEqual(
    [whole.run, whole.step, whole.ok, whole.items.map(({ ok, problems }: Json) => [ok, problems])],
    ['default', 0, true, [[true, []]]],
  );
  assert.ok(whole.checked_files > 0 && whole.checked_bytes > 0);
  const data = readdirSync(root.at(1, 'd'))[0] ?? '';
  rmSync(root.at(1, 'd', data));
  const broken = await server.ok(server.get('/steps/1/verify'));
  assert.equal(broken.ok, false);
  const [problem] = broken.items[0].problems;
  assert.deepEqual([problem.file, problem.code], [`d/${data}`, 'missing']);
  await server.problem(server.get('/steps/7/verify'), 404, 'step_not_found');
});

test('answers are kept per generation: the same bytes again, and others for a step saved again', async (t) => {
  const { root, server } = await serve(t, ['standard']);
  const first = await server.ok(server.get('/restore-args?step=0'));
  assert.deepEqual(await server.ok(server.get('/restore-args?step=0')), first);
  const { cursor } = await server.ok(server.get('/steps'));
  root.delete(0);
  place(root, 'sharded', 0);
  await server.ok(server.get(`/wait?after=${cursor}&timeout=20`));
  const other = await server.ok(server.get('/restore-args?step=0'));
  assert.deepEqual(other.leaves, Object(loadFixture('sharded').answer).leaves);
});
