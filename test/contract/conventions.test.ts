import assert from 'node:assert/strict';
import { get as httpGet } from 'node:http';
import { type TestContext, test } from 'node:test';
import { ERROR_STATUS } from '../../src/engine/errors.js';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import { RunningServer } from '../support/running-server.js';

async function serve(t: TestContext) {
  const root = CheckpointRoot.make(t);
  root.save(1);
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  return { root, server };
}

/** fetch sets Host and Origin itself: these go by hand. */
function rawGet(
  server: RunningServer,
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; code: string }> {
  return new Promise((resolve, reject) => {
    httpGet(server.base + path, { headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, code: text === '' ? '' : JSON.parse(text).code }),
      );
    }).on('error', reject);
  });
}

test('every response has X-Request-Id, and keeps a valid one of the client', async (t) => {
  const { server } = await serve(t);
  for (const path of ['/steps', '/nowhere', '/wait?timeout=x', '/livez', '/docs/']) {
    assert.ok((await server.get(path)).headers.get('x-request-id'), path);
  }
  const answer = await server.get('/steps', { headers: { 'x-request-id': 'mine-7' } });
  assert.equal(answer.headers.get('x-request-id'), 'mine-7');
});

test('unknown body fields and values of the wrong type are refused with the value and the rule', async (t) => {
  const { server } = await serve(t);
  const unknown = await server.problem(server.post('/leases', { stpe: 5 }), 400, 'invalid_request');
  assert.match(unknown.detail, /stpe/);
  const wrong = await server.problem(server.post('/leases', { ttl: 'long' }), 400, 'invalid_request');
  assert.match(wrong.detail, /ttl.*long|long.*ttl/);
});

test('another media type is 415 with the curl flag, malformed JSON 400, too much 413', async (t) => {
  const { server } = await serve(t);
  const send = (body: string, type: string) =>
    fetch(`${server.base}/leases`, { method: 'POST', body, headers: { 'content-type': type } }).then(
      async (response) => ({
        status: response.status,
        headers: response.headers,
        body: await response.json(),
      }),
    );
  const { hint } = await server.problem(
    send('a=1', 'application/x-www-form-urlencoded'),
    415,
    'unsupported_media_type',
  );
  assert.match(hint, /-H .content-type: application\/json/i);
  await server.problem(send('{"step":', 'application/json'), 400, 'invalid_request');
  await server.problem(
    send(`{"holder":"${'x'.repeat(1_048_576)}"}`, 'application/json'),
    413,
    'payload_too_large',
  );
});

test('an empty body means {}', async (t) => {
  const { server } = await serve(t);
  await server.ok(server.call('POST', '/leases'), 201);
  await server.ok(server.call('POST', '/leases', { headers: { 'content-type': 'application/json' } }), 201);
});

test('the body null means {}, as generated clients send it for none', async (t) => {
  const { server } = await serve(t);
  const { id } = await server.ok(server.post('/leases', null), 201);
  await server.ok(server.post(`/leases/${id}/renew`, null));
});

test('an unknown path is 404 not_found, another method 405 method_not_allowed with Allow', async (t) => {
  const { server } = await serve(t);
  await server.problem(server.get('/stepz'), 404, 'not_found');
  const refused = server.call('PATCH', '/steps');
  await server.problem(refused, 405, 'method_not_allowed');
  assert.match((await refused).headers.get('allow') ?? '', /GET/);
});

test('a foreign Origin is 403 origin_forbidden, an unknown Host 421 host_unknown', async (t) => {
  const { server } = await serve(t);
  assert.deepEqual(await rawGet(server, '/steps', { origin: 'https://evil.example' }), {
    status: 403,
    code: 'origin_forbidden',
  });
  assert.equal((await rawGet(server, '/steps', { origin: server.base })).status, 200);
  assert.deepEqual(await rawGet(server, '/steps', { host: 'evil.example' }), {
    status: 421,
    code: 'host_unknown',
  });
  assert.equal((await rawGet(server, '/steps', { host: 'localhost:1' })).status, 200);
});

test('health, version, the OpenAPI document and its pages are served', async (t) => {
  const { server } = await serve(t);
  await server.ok(server.get('/livez'));
  assert.equal((await server.ok(server.get('/readyz'))).ready, true);
  assert.equal((await server.ok(server.get('/version'))).name, 'steplease');
  assert.match(await server.ok(server.get('/openapi.yaml')), /^openapi: 3\.1/m);
  assert.match(await server.ok(server.get('/docs/')), /swagger/i);
});

test('the OpenAPI document lists exactly the codes of the catalogue', async (t) => {
  const { server } = await serve(t);
  const text: string = await server.ok(server.get('/openapi.yaml'));
  for (const code of Object.keys(ERROR_STATUS)) assert.ok(text.includes(code), code);
});

test('a list is the exact state at its cursor: the events behind it make the next list', async (t) => {
  const { root, server } = await serve(t);
  const before = await server.ok(server.get('/steps'));
  for (const step of [2, 3, 4]) root.save(step);
  root.delete(1);
  await server.observed.next('eventAppended', ({ type }) => type === 'step.deleted');
  await server.ok(server.get('/wait?until=4'));
  const after = await server.ok(server.get('/steps'));
  const { items } = await server.ok(server.get(`/events?after=${before.cursor}`));
  const steps = new Set<number>(before.items.map((item: { step: number }) => item.step));
  for (const { type, data } of items) {
    if (type === 'step.finalized') steps.add(data.step);
    if (type === 'step.deleted') steps.delete(data.step);
  }
  assert.deepEqual(
    [...steps].sort((a, b) => a - b),
    after.items.map((item: { step: number }) => item.step),
  );
});

for (const limit of ['0', '-1', '10001', '1.5', 'ten', '']) {
  test(`limit=${limit} is refused by every list, with the rule`, async (t) => {
    const { server } = await serve(t);
    for (const path of ['/steps', '/runs', '/waits', '/leases']) {
      const { detail } = await server.problem(server.get(`${path}?limit=${limit}`), 400, 'invalid_request');
      assert.match(detail, /"limit".*from 1 to 10000/);
    }
  });
}

test('a page that no list gave is refused by every list', async (t) => {
  const { server } = await serve(t);
  for (const path of ['/steps', '/runs', '/waits', '/leases'])
    await server.problem(server.get(`${path}?page=%2F%2F`), 400, 'invalid_request');
});

test('unknown query parameters are refused on every call, and named', async (t) => {
  const { root, server } = await serve(t);
  for (const [method, path] of [
    ['GET', '/runs'],
    ['GET', '/runs/default'],
    ['PUT', '/runs/default'],
    ['DELETE', '/runs/default'],
    ['POST', '/runs/default/finish'],
    ['POST', '/runs/default/reopen'],
    ['GET', '/steps'],
    ['GET', '/steps/1'],
    ['GET', '/wait'],
    ['GET', '/waits'],
    ['GET', '/waits/summary'],
  ] as const) {
    const body = method === 'PUT' ? { directory: root.path } : undefined;
    const refused = server.call(method, `${path}?surprise=1`, { body });
    const { detail, hint } = await server.problem(refused, 400, 'invalid_request');
    assert.match(detail, /surprise/, `${method} ${path}`);
    assert.ok(hint.length > 0);
  }
});

test('a parameter that is given twice is refused', async (t) => {
  const { server } = await serve(t);
  await server.problem(server.get('/wait?until=1&until=2'), 400, 'invalid_request');
});

test('unknown body fields are refused by the calls on runs, too', async (t) => {
  const { root, server } = await serve(t);
  for (const [method, path, body] of [
    ['PUT', '/runs/default', { directory: root.path, directorry: '/x' }],
    ['POST', '/runs/default/finish', { directorry: 1 }],
    ['POST', '/runs/default/reopen', { directorry: 1 }],
  ] as const) {
    const { detail } = await server.problem(server.call(method, path, { body }), 400, 'invalid_request');
    assert.match(detail, /directorry/);
  }
});

test('times are RFC 3339 UTC with milliseconds, durations are seconds', async (t) => {
  const { server } = await serve(t);
  await server.ok(server.get('/wait?timeout=250ms'));
  const step = await server.ok(server.get('/steps/1'));
  const run = await server.ok(server.get('/runs/default'));
  const [wait] = (await server.ok(server.get('/waits'))).items;
  const [event] = (await server.ok(server.get('/events'))).items;
  for (const time of [step.committed_at, step.init_at, run.watch.last_scan_at, wait.started_at, event.time])
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(run.options.poll_interval, 1);
});

test('step numbers go up to 2^53 − 1, and no further', async (t) => {
  const root = CheckpointRoot.make(t);
  for (const name of ['9007199254740991', '9007199254740992']) root.save(0, { name });
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  assert.equal((await server.ok(server.get('/wait?until=9007199254740991'))).step, 9_007_199_254_740_991);
  assert.equal((await server.ok(server.get('/steps/9007199254740991'))).state, 'finalized');
  assert.deepEqual(
    (await server.ok(server.get('/steps?state=foreign'))).items.map(({ name }: { name: string }) => name),
    ['9007199254740992'],
  );
  await server.problem(server.get('/steps/9007199254740992'), 400, 'invalid_request');
});

test('a cursor older than what is retained is 410 with the current one, and a new list goes on from there', async (t) => {
  const { root, server } = await serve(t);
  const { cursor } = await server.ok(server.get('/steps'));
  for (const step of [2, 3, 4]) root.save(step);
  await server.ok(server.get('/wait?until=4'));
  await server.restart({ retain_events_count: '1' });
  await server.observed.next('retentionPruned', ({ what }) => what === 'events');
  const problem = await server.problem(server.get(`/wait?after=${cursor}`), 410, 'cursor_expired');
  const list = await server.ok(server.get('/steps'));
  assert.equal(problem.cursor, list.cursor);
  root.save(5);
  assert.equal((await server.ok(server.get(`/wait?after=${list.cursor}`))).step, 5);
});
