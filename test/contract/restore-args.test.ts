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
import type { CheckpointReader } from '../../src/engine/restore/checkpoint-reader.js';
import { fixtureNames, loadFixture, loadTargetCases, unpack } from '../engine/restore/fixtures.js';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import { ENORMOUS_BYTES, ENORMOUS_LEAVES, writeEnormousStep } from '../support/enormous-step.js';
import { eventually } from '../support/eventually.js';
import type { Json } from '../support/http-client.js';
import { RunningServer } from '../support/running-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

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

/** Calls of the checkpoint reader, counted; a test may have something happen just before the next one. */
class Readings {
  count = 0;
  before: () => unknown = () => undefined;

  readonly around = (reader: CheckpointReader): CheckpointReader => ({
    run: async (task) => {
      this.count += 1;
      const { before } = this;
      this.before = () => undefined;
      await before();
      return reader.run(task);
    },
  });
}

async function serve(
  t: TestContext,
  names: readonly string[],
  flags: Readonly<Record<string, unknown>> = {},
) {
  const root = CheckpointRoot.make(t);
  const items = names.map((name, index) => place(root, name, index));
  const readings = new Readings();
  const server = await RunningServer.start(t, {
    // The layouts are unpacked, which is no way to finalize a step at once.
    flags: { directory: root.path, poll_interval: '0.05', settle: '10ms', ...flags },
    around: { reader: readings.around },
  });
  if (names.length > 0) await server.ok(server.get(`/wait?until=${names.length - 1}&timeout=60`));
  return { root, server, items, readings };
}

function answerOf(name: string, step = 0): object {
  return { run: 'default', step, item: null, ...Object(loadFixture(name).answer) };
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

test('an answer of 80 MB comes whole, and is no longer made when the client hangs up', async (t) => {
  const { root, server } = await serve(t, []);
  mkdirSync(root.at('unpacking'));
  writeEnormousStep(root.at('unpacking'));
  writeFileSync(join(root.at('unpacking'), 'commit_success.txt'), '');
  renameSync(root.at('unpacking'), root.at(7));
  const url = `${server.base}/restore-args?step=7`;
  await server.ok(server.get('/wait?until=7&timeout=60'));
  const response = await fetch(url);
  assert.deepEqual([response.status, response.headers.get('content-length')], [200, null]);
  const text = await response.text();
  assert.ok(text.length > ENORMOUS_BYTES);
  const { run, step, item, leaves } = JSON.parse(text);
  assert.deepEqual([run, step, item, leaves.length], ['default', 7, null, ENORMOUS_LEAVES]);

  // Two may be under way at a time: whoever has gone makes room.
  const hangUp = new AbortController();
  const open = [await fetch(url, hangUp), await fetch(url, hangUp)];
  assert.equal(await statusOf(url), 503);
  assert.ok(open.every(({ bodyUsed }) => !bodyUsed));
  hangUp.abort();
  assert.ok(await eventually(async () => (await statusOf(url)) === 200));
});

/** The answer itself is given up. */
async function statusOf(url: string): Promise<number> {
  const hangUp = new AbortController();
  const { status } = await fetch(url, hangUp);
  hangUp.abort();
  return status;
}

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
});

test('a lease says which run and step is meant; others beside it are refused', async (t) => {
  const { server } = await serve(t, ['sharded', 'standard']);
  const { id } = await server.ok(server.post('/leases', { step: 0 }), 201);
  assert.deepEqual(
    await server.ok(server.get(`/restore-args?lease=${id}&run=default&step=0`)),
    answerOf('sharded'),
  );
  await server.problem(server.get(`/restore-args?lease=${id}&step=1`), 400, 'invalid_request');
  await server.problem(server.get(`/restore-args?lease=${id}&step=latest`), 400, 'invalid_request');
  await server.problem(server.get(`/restore-args?lease=${id}&run=other`), 404, 'run_not_found');
});

test('a live snapshot is preferred to the original, which may be half gone', async (t) => {
  const { root, server } = await serve(t, ['sharded']);
  const { id } = await server.ok(server.post('/leases', { step: 0 }), 201);
  for (const file of ['_METADATA', '_sharding', '_CHECKPOINT_METADATA']) rmSync(root.at(0, file));
  await server.ok(server.get('/wait?timeout=0'));
  assert.equal((await server.ok(server.get('/steps/0'))).state, 'deleting');
  assert.deepEqual(await server.ok(server.get('/restore-args?step=0')), answerOf('sharded'));
  assert.equal((await server.ok(server.get('/steps/0/verify'))).ok, true);
  await server.ok(server.delete(`/leases/${id}`), 204);
  // Without it what is left of the step is not offered, but still can be looked at.
  await server.problem(server.get('/restore-args?step=0'), 404, 'step_not_found');
  assert.equal((await server.ok(server.get('/steps/0/verify'))).ok, false);
});

test('a snapshot that goes while it is read is replaced by the original', async (t) => {
  const { server, readings } = await serve(t, ['sharded']);
  const { id } = await server.ok(server.post('/leases', { step: 0 }), 201);
  readings.before = () => server.ok(server.delete(`/leases/${id}`), 204);
  assert.deepEqual(await server.ok(server.get('/restore-args?step=0')), answerOf('sharded'));
  assert.equal(readings.count, 2);
});

test('a lease that ends while its snapshot is read gives the 410 of its end', async (t) => {
  const { server, readings } = await serve(t, ['sharded']);
  const { id } = await server.ok(server.post('/leases', { step: 0 }), 201);
  readings.before = () => server.ok(server.delete(`/leases/${id}`), 204);
  await server.problem(server.get(`/restore-args?lease=${id}`), 410, 'lease_released');
});

test('a lease whose snapshot lost files by other hands is lost', async (t) => {
  const { server } = await serve(t, ['sharded']);
  const { id, path } = await server.ok(server.post('/leases', { step: 0 }), 201);
  rmSync(join(path, '_METADATA'));
  await server.problem(server.get(`/restore-args?lease=${id}`), 410, 'lease_lost');
});

test('under a lease that protects nothing the original is read while it is there', async (t) => {
  const { root, server } = await serve(t, ['sharded'], { snapshot_mode: 'none' });
  const { id } = await server.ok(server.post('/leases', { step: 0 }), 201);
  assert.deepEqual(await server.ok(server.get(`/restore-args?lease=${id}`)), answerOf('sharded'));
  const { cursor } = await server.ok(server.get('/steps'));
  root.delete(0);
  await server.ok(server.get(`/events?after=${cursor}&types=step.deleted&timeout=20`));
  await server.problem(server.get(`/restore-args?lease=${id}`), 410, 'step_gone');
});

test('a step that is deleted while it is read is 410 step_gone, whatever the reader made of it', async (t) => {
  const { root, server, readings } = await serve(t, ['sharded', 'sharded', 'sharded']);
  readings.before = () => root.delete(0);
  await server.problem(server.get('/restore-args?step=0'), 410, 'step_gone');
  // Without this file there is an answer, and a wrong one.
  readings.before = () => rmSync(root.at(1, '_sharding'));
  await server.problem(server.get('/restore-args?step=1'), 410, 'step_gone');
  readings.before = () => root.delete(2);
  await server.problem(server.get('/steps/2/verify'), 410, 'step_gone');
  await server.problem(server.get('/restore-args?step=0'), 404, 'step_not_found');
});

test('metrics are an item, too: beside another they make its name needed, and hold no tree themselves', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(100);
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  const { items } = await server.ok(server.get('/steps/100'));
  assert.deepEqual(items, ['default', 'metrics']);
  await server.problem(server.get('/restore-args?step=100'), 422, 'item_required');
  assert.equal((await server.ok(server.get('/restore-args?step=100&item=default'))).item, 'default');
  const metrics = await server.problem(
    server.get('/restore-args?step=100&item=metrics'),
    422,
    'metadata_unreadable',
  );
  assert.match(metrics.detail, /no PyTree/);
});

test('without step the latest is meant, without run the default one where there are several', async (t) => {
  const other = temporaryFolder(t);
  const { server } = await serve(t, ['sharded', 'standard'], { allow_root: [other] });
  assert.deepEqual(await server.ok(server.get('/restore-args')), answerOf('standard', 1));
  await server.ok(server.put('/runs/other', { directory: other }), 201);
  assert.equal((await server.ok(server.get('/restore-args'))).run, 'default');
  assert.equal((await server.ok(server.get('/steps/0/verify'))).run, 'default');
  assert.equal((await server.ok(server.get('/restore-args?run=default&step=latest'))).step, 1);
  await server.problem(server.get('/restore-args?run=none'), 404, 'run_not_found');
  await server.problem(server.get('/restore-args?step=0&depth=1'), 400, 'invalid_request');
  await server.problem(server.get('/restore-args?step=0&strict=yes'), 400, 'invalid_request');
  await server.problem(server.get('/steps/0/verify?item=x'), 400, 'invalid_request');
});

test('while the directory cannot be read, neither can what is in it', async (t) => {
  const { root, server } = await serve(t, ['sharded']);
  renameSync(root.path, `${root.path}.aside`);
  writeFileSync(root.path, '');
  await server.observed.next('eventAppended', ({ type }) => type === 'run.unavailable');
  await server.problem(server.get('/restore-args?step=0'), 503, 'run_unavailable');
  await server.problem(server.get('/steps/0/verify'), 503, 'run_unavailable');
});

test('HEAD gives the headers of GET; other methods are 405', async (t) => {
  const { server } = await serve(t, ['sharded']);
  for (const path of ['/restore-args?step=0', '/steps/0/verify']) {
    const response = await fetch(server.base + path);
    const head = await fetch(server.base + path, { method: 'HEAD' });
    assert.equal(head.status, 200);
    for (const name of ['content-type', 'content-length']) {
      assert.equal(head.headers.get(name), response.headers.get(name));
    }
    assert.equal(Number(head.headers.get('content-length')), (await response.arrayBuffer()).byteLength);
  }
  const wrong = await server.call('DELETE', '/restore-args');
  assert.deepEqual([wrong.status, wrong.headers.get('allow')], [405, 'GET, HEAD, POST']);
  const post = await server.call('POST', '/steps/0/verify');
  assert.deepEqual([post.status, post.headers.get('allow')], [405, 'GET, HEAD']);
});

test('a body may be large, and is 413 beyond 16 MiB or when it is more than can be read', async (t) => {
  const { server } = await serve(t, []);
  const leaves = Array.from({ length: 20_000 }, (_, i) => ({
    path: ['params', `layer_${i}`, 'kernel'],
    kind: 'ShapeDtypeStruct',
    shape: [1024, 1024],
    dtype: 'bfloat16',
  }));
  const answer = await server.ok(server.post('/restore-args', { target: { leaves } }));
  assert.equal(answer.leaves.length, leaves.length);
  const send = (body: string) => {
    const headers = { 'content-type': 'application/json' };
    const call = fetch(`${server.base}/restore-args`, { method: 'POST', body, headers });
    return call.then(async (response) => ({
      status: response.status,
      headers: response.headers,
      body: await response.json(),
    }));
  };
  await server.problem(send(' '.repeat(16 * 1024 * 1024 + 1)), 413, 'payload_too_large');
  await server.problem(send(`[${'{},'.repeat(5_500_000)}{}]`), 413, 'payload_too_large');
  await server.problem(send('{"target":'), 400, 'invalid_request');
  await server.problem(send('{"target":{"leaves":[{"path":["\\ud800"],"kind":7}]}}'), 400, 'invalid_request');
  // The process that the large one ended was replaced.
  await server.ok(server.post('/restore-args', { target: { leaves: leaves.slice(0, 1) } }));
});

test('another media type is 415, an empty body means {}', async (t) => {
  const { server } = await serve(t, []);
  const post = (init: RequestInit) =>
    fetch(`${server.base}/restore-args`, { method: 'POST', ...init }).then(async (response) => ({
      status: response.status,
      headers: response.headers,
      body: await response.json(),
    }));
  const { hint } = await server.problem(post({ body: 'x=1' }), 415, 'unsupported_media_type');
  assert.match(hint, /curl/);
  const { detail } = await server.problem(post({}), 400, 'invalid_request');
  assert.match(detail, /target/);
});

test('damage with a checksum or a second source is 422 metadata_unreadable with file and offset', async (t) => {
  const root = CheckpointRoot.make(t);
  place(root, 'pytree-ocdbt-zarr2', 0);
  const bytes = readFileSync(root.at(0, 'manifest.ocdbt'));
  bytes[20] = (bytes[20] ?? 0) ^ 0xff;
  writeFileSync(root.at(0, 'manifest.ocdbt'), bytes);
  place(root, 'pytree-ocdbt-zarr2', 1);
  truncateSync(root.at(1, '_METADATA'), 30);
  const server = await RunningServer.start(t, { flags: { directory: root.path, settle: '10ms' } });
  await server.ok(server.get('/wait?until=1&timeout=60'));
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
  const { root, server, readings } = await serve(t, ['standard']);
  const bytes = async (path: string) => (await fetch(server.base + path)).text();
  const [first, second] = await Promise.all([bytes('/restore-args?step=0'), bytes('/restore-args')]);
  assert.equal(second, first);
  assert.equal(await bytes('/restore-args?step=0&strict=true&set_global_shape=true'), first);
  assert.equal(readings.count, 1);
  const { id } = await server.ok(server.post('/leases', { step: 0 }), 201);
  assert.equal(await bytes(`/restore-args?lease=${id}`), first);
  assert.equal(readings.count, 1);
  assert.notEqual(await bytes('/restore-args?step=0&strict=false'), first);
  assert.equal(readings.count, 2);
  const { cursor } = await server.ok(server.get('/steps'));
  root.delete(0);
  place(root, 'sharded', 0);
  await server.ok(server.get(`/wait?after=${cursor}&timeout=20`));
  assert.deepEqual(await server.ok(server.get('/restore-args?step=0')), answerOf('sharded'));
  assert.equal(await bytes(`/restore-args?lease=${id}`), first);
});

test('a step that is saved again while it is read is not answered with what is there now', async (t) => {
  const { root, server, readings } = await serve(t, ['standard']);
  readings.before = () => {
    root.delete(0);
    place(root, 'sharded', 0);
  };
  await server.problem(server.get('/restore-args?step=0'), 410, 'step_gone');
  assert.deepEqual(await server.ok(server.get('/restore-args?step=0')), answerOf('sharded'));
});

test('verification is not kept', async (t) => {
  const { server, readings } = await serve(t, ['standard']);
  await server.ok(server.get('/steps/0/verify'));
  await server.ok(server.get('/steps/latest/verify'));
  assert.equal(readings.count, 2);
});
