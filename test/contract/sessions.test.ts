import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { FakeClock } from '../support/fake-clock.js';
import { RunningServer } from '../support/running-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const HALF_A_DAY_MS = 12 * 60 * 60 * 1_000;

async function loggedIn(t: TestContext, scope: string, clock = new FakeClock()) {
  const server = await RunningServer.start(t, { flags: { directory: temporaryFolder(t) }, clock });
  const root = await server.ok(server.post('/tokens', { name: 'root', scope: 'admin' }), 201);
  server.token = root.token;
  const { token } = await server.ok(server.post('/tokens', { name: 'person', scope }), 201);
  server.token = token;
  const answer = await server.post('/session');
  server.token = null;
  const header = answer.headers.get('set-cookie') ?? '';
  const cookie = header.split(';')[0] ?? '';
  const as = (headers: Readonly<Record<string, string>> = {}) => ({ headers: { cookie, ...headers } });
  return { server, clock, answer, header, cookie, as, root: root.token };
}

test('a browser logs in with a token and goes by a cookie that scripts cannot read', async (t) => {
  const { server, answer, header, as } = await loggedIn(t, 'lease');
  assert.equal(answer.status, 201);
  const { name, scope, runs } = answer.body;
  assert.deepEqual({ name, scope, runs }, { name: 'person', scope: 'lease', runs: ['*'] });
  assert.match(header, /^steplease_session=[0-9a-f]{64};/);
  for (const attribute of ['HttpOnly', 'SameSite=Strict', 'Max-Age=43200', 'Path=/'])
    assert.ok(header.includes(attribute), header);
  assert.doesNotMatch(header, /Secure/);
  assert.equal((await server.get('/runs', as())).status, 200);
  assert.equal((await server.get('/tokens', as())).status, 403);
});

test('what a session changes must come from a page of the server', async (t) => {
  const { server, as } = await loggedIn(t, 'lease');
  const finish = (origin?: string) =>
    server.call('POST', '/runs/default/finish', as(origin === undefined ? {} : { origin }));
  await server.problem(finish(), 403, 'origin_forbidden');
  for (const origin of ['null', 'http://evil.example', server.base.replace('http:', 'https:')])
    await server.problem(finish(origin), 403, 'origin_forbidden');
  await server.ok(finish(server.base));
});

test('a WebSocket of a page uses the cookie, and a page of another origin gets none', async (t) => {
  const { server, cookie } = await loggedIn(t, 'read');
  const url = `${server.base.replace('http', 'ws')}/events`;
  const opens = (origin?: string) =>
    new Promise<boolean>((resolve) => {
      const socket = new WebSocket(url, { headers: { cookie, ...(origin === undefined ? {} : { origin }) } });
      socket.once('open', () => {
        socket.close();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
  assert.equal(await opens(server.base), true);
  assert.equal(await opens(), false);
  assert.equal(await opens('http://evil.example'), false);
});

test('a session ends when its browser logs out, and takes its waits along', async (t) => {
  const { server, as } = await loggedIn(t, 'read');
  const waiting = server.get('/wait?timeout=60', as());
  await server.observed.next('waitStarted');
  await server.problem(server.call('DELETE', '/session', as()), 403, 'origin_forbidden');
  const left = await server.call('DELETE', '/session', as({ origin: server.base }));
  assert.equal(left.status, 204);
  assert.match(left.headers.get('set-cookie') ?? '', /^steplease_session=;.*Expires=Thu, 01 Jan 1970/);
  await server.problem(waiting, 401, 'unauthorized');
  await server.problem(server.get('/runs', as()), 401, 'unauthorized');
});

test('a session ends with its token, after half a day, and with the server', async (t) => {
  const revoked = await loggedIn(t, 'read');
  revoked.server.token = revoked.root;
  await revoked.server.ok(revoked.server.delete('/tokens/person'), 204);
  revoked.server.token = null;
  await revoked.server.problem(revoked.server.get('/runs', revoked.as()), 401, 'unauthorized');

  const late = await loggedIn(t, 'read');
  late.clock.advance(HALF_A_DAY_MS - 1);
  await late.server.ok(late.server.get('/runs', late.as()));
  late.clock.advance(1);
  await late.server.problem(late.server.get('/runs', late.as()), 401, 'unauthorized');

  const restarted = await loggedIn(t, 'read');
  await restarted.server.restart();
  await restarted.server.problem(restarted.server.get('/runs', restarted.as()), 401, 'unauthorized');
});

test('a session makes no other session', async (t) => {
  const { server, as } = await loggedIn(t, 'admin');
  await server.problem(server.call('POST', '/session', as({ origin: server.base })), 401, 'unauthorized');
});
