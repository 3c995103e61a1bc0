import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import { FakeClock } from '../support/fake-clock.js';
import type { Json } from '../support/http-client.js';
import { RunningServer } from '../support/running-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const DAY_MS = 24 * 60 * 60 * 1_000;

/** A server with one run and an admin's token, which its client sends from then on. */
async function closedServer(t: Parameters<typeof RunningServer.start>[0], clock?: FakeClock) {
  const flags = { directory: temporaryFolder(t) };
  const server = await RunningServer.start(t, clock === undefined ? { flags } : { flags, clock });
  const root = await make(server, { name: 'root', scope: 'admin' });
  server.token = root.token;
  return server;
}

function make(server: RunningServer, wish: object): Promise<Json> {
  return server.ok(server.post('/tokens', wish), 201);
}

test('with the first token the server closes, and stays closed when the last one is revoked', async (t) => {
  const server = await closedServer(t);
  await server.ok(server.get('/runs'));
  server.token = null;
  const answer = await server.get('/runs');
  assert.equal(answer.status, 401);
  assert.equal(answer.body.code, 'unauthorized');
  assert.equal(answer.headers.get('www-authenticate'), 'Bearer');
  for (const open of ['/livez', '/readyz', '/version'])
    assert.equal((await server.get(open)).status, 200, open);
  for (const shut of ['/docs/', '/openapi.yaml', '/events', '/leases', '/waits'])
    assert.equal((await server.get(shut)).status, 401, shut);
});

test('a token is shown once, lists name it without its text, and a taken name is refused', async (t) => {
  const server = await closedServer(t);
  const made = await make(server, { name: 'eval', scope: 'lease', runs: ['team-*'], expires_in: 60 });
  assert.match(made.token, /^slt_[0-9A-Za-z]{49}$/);
  const listed = await server.get('/tokens');
  assert.deepEqual(
    listed.body.items.map(({ name, scope, runs }: Json) => ({ name, scope, runs })),
    [
      { name: 'eval', scope: 'lease', runs: ['team-*'] },
      { name: 'root', scope: 'admin', runs: ['*'] },
    ],
  );
  assert.doesNotMatch(JSON.stringify(listed.body), /slt_/);
  await server.problem(server.post('/tokens', { name: 'eval', scope: 'read' }), 409, 'name_taken');
  for (const name of ['anonymous', 'admin-token-file'])
    await server.problem(server.post('/tokens', { name, scope: 'read' }), 409, 'name_taken');
  await server.problem(server.delete('/tokens/nobody'), 404, 'not_found');
});

test('a call that needs more than the token may is refused with the scope that it needs', async (t) => {
  const server = await closedServer(t);
  const { token } = await make(server, { name: 'eyes', scope: 'read' });
  server.token = token;
  await server.ok(server.get('/runs'));
  const lease = await server.problem(server.post('/leases', {}), 403, 'forbidden');
  assert.match(lease.detail, /scope lease.*eyes has read/);
  const admin = await server.problem(server.get('/tokens'), 403, 'forbidden');
  assert.match(admin.detail, /scope admin/);
});

test('a token that is revoked, expired, unknown or mistyped lets nobody in, and the reason is told', async (t) => {
  const clock = new FakeClock();
  const server = await closedServer(t, clock);
  const admin = server.token;
  const { token } = await make(server, { name: 'short', scope: 'read', expires_in: 60 });
  const refusal = async (text: string) => {
    server.token = text;
    const { detail } = await server.problem(server.get('/runs'), 401, 'unauthorized');
    server.token = admin;
    return detail;
  };
  assert.match(await refusal(`${token.slice(0, -1)}!`), /not well-formed/);
  assert.match(await refusal(`${token.slice(0, 20)}x${token.slice(21)}`), /not well-formed/);
  clock.advance(60_000);
  assert.match(await refusal(token), /expired/);
  await server.ok(server.delete('/tokens/short'), 204);
  assert.match(await refusal(token), /revoked/);
});

test('tokens survive a restart, with what they may do', async (t) => {
  const server = await closedServer(t);
  const { token } = await make(server, { name: 'eval', scope: 'lease' });
  await server.restart();
  server.token = token;
  await server.ok(server.get('/runs'));
  await server.problem(server.get('/tokens'), 403, 'forbidden');
  server.token = null;
  await server.problem(server.get('/runs'), 401, 'unauthorized');
});

test('the last use is told to the minute', async (t) => {
  const clock = new FakeClock();
  const server = await closedServer(t, clock);
  const { token } = await make(server, { name: 'eval', scope: 'read' });
  const admin = server.token;
  const lastUse = async () => {
    server.token = admin;
    const { items } = await server.ok(server.get('/tokens'));
    return items.find(({ name }: Json) => name === 'eval').last_used_at;
  };
  assert.equal(await lastUse(), null);
  server.token = token;
  await server.ok(server.get('/runs'));
  const first = await lastUse();
  assert.equal(first, new Date(clock.now()).toISOString());
  clock.advance(DAY_MS);
  server.token = token;
  await server.ok(server.get('/runs'));
  assert.equal(await lastUse(), new Date(clock.now()).toISOString());
  await server.restart();
  assert.equal(await lastUse(), new Date(clock.now()).toISOString());
});

test('waits, long polls and streams end when their token does', async (t) => {
  const server = await closedServer(t);
  const { token } = await make(server, { name: 'eval', scope: 'lease' });
  const admin = server.token;
  server.token = token;
  const headers = { authorization: `Bearer ${token}` };
  const stream = await fetch(`${server.base}/events`, {
    headers: { ...headers, accept: 'text/event-stream' },
  });
  const socket = new WebSocket(`${server.base.replace('http', 'ws')}/events`, { headers });
  await new Promise((resolve) => socket.once('message', resolve));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const waiting = [
    server.get('/wait?timeout=60'),
    server.post('/leases', { timeout: 60 }),
    server.get(`/events?timeout=60&after=${(await server.ok(server.get('/events'))).cursor}`),
  ];
  server.token = admin;
  await server.ok(server.delete('/tokens/eval'), 204);
  assert.deepEqual(await Promise.all(waiting.map(async (answer) => (await answer).status)), [401, 401, 401]);
  assert.equal(await closed, 4401);
  await stream.text();
});

test('an admin of some runs makes, sees and revokes tokens for these runs only', async (t) => {
  const server = await closedServer(t);
  await make(server, { name: 'other', scope: 'read', runs: ['team-b-*'] });
  const { token } = await make(server, { name: 'lead', scope: 'admin', runs: ['team-a-*'] });
  server.token = token;
  await make(server, { name: 'mine', scope: 'lease', runs: ['team-a-1', 'team-a-x*'] });
  for (const runs of [undefined, ['*'], ['team-*'], ['team-a-1', 'team-b-1'], ['team-a']])
    await server.problem(server.post('/tokens', { name: 'much', scope: 'read', runs }), 403, 'forbidden');
  const { items } = await server.ok(server.get('/tokens'));
  assert.deepEqual(
    items.map(({ name }: Json) => name),
    ['lead', 'mine'],
  );
  await server.problem(server.delete('/tokens/other'), 404, 'not_found');
  await server.ok(server.delete('/tokens/mine'), 204);
});

test('a grant under an idempotency key ends with its token, and grants nothing later', async (t) => {
  const server = await closedServer(t);
  const admin = server.token;
  const { token } = await make(server, { name: 'eval', scope: 'lease' });
  server.token = token;
  const waiting = server.post('/leases', { timeout: 60 }, { headers: { 'idempotency-key': 'k' } });
  await server.observed.next('waitStarted');
  server.token = admin;
  await server.ok(server.delete('/tokens/eval'), 204);
  await server.problem(waiting, 401, 'unauthorized');
  await server.observed.next('waitEnded');
  const { items } = await server.ok(server.get('/leases?state=all'));
  assert.deepEqual(items, []);
});

test('to register a run takes the scope lease, and to change one takes admin', async (t) => {
  const server = await closedServer(t);
  const admin = server.token;
  const { token } = await make(server, { name: 'trainer', scope: 'lease' });
  const { directory } = await server.ok(server.get('/runs/default'));
  server.token = token;
  await server.ok(server.put('/runs/default', { directory }));
  const change = { directory, poll_interval: 7 };
  await server.problem(server.put('/runs/default', change), 403, 'forbidden');
  server.token = admin;
  const changed = await server.ok(server.put('/runs/default', change));
  assert.equal(changed.options.poll_interval, 7);
});

test('the text of a token that stands in the wrong place is not shown', async (t) => {
  const server = await closedServer(t);
  const text = String(server.token);
  const answers = await Promise.all([
    server.get(`/steps?run=${text}`),
    server.get(`/runs/${text}`),
    server.get(`/${text}`),
    server.delete(`/tokens/${text}`),
    server.post('/leases', { [text]: 1 }),
    server.post('/leases', { ttl: text }),
    server.get(`/events?after=${text}`),
  ]);
  for (const { status, body } of answers) {
    assert.ok(status >= 400, JSON.stringify(body));
    assert.ok(!JSON.stringify(body).includes(text), JSON.stringify(body));
  }
});

test('admins see to which token a lease was granted, and nobody else does', async (t) => {
  const directory = CheckpointRoot.make(t);
  directory.save(1);
  const server = await RunningServer.start(t, { flags: { directory: directory.path } });
  server.token = (await make(server, { name: 'root', scope: 'admin' })).token;
  const admin = server.token;
  const { token } = await make(server, { name: 'eval', scope: 'lease' });
  server.token = token;
  const lease = await server.ok(server.post('/leases', { timeout: 30 }), 201);
  assert.equal('granted_to' in (await server.ok(server.get(`/leases/${lease.id}`))), false);
  assert.equal('granted_to' in (await server.ok(server.get('/leases'))).items[0], false);
  server.token = admin;
  assert.equal((await server.ok(server.get(`/leases/${lease.id}`))).granted_to, 'eval');
  assert.equal((await server.ok(server.get('/leases'))).items[0].granted_to, 'eval');
});
