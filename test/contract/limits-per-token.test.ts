import assert from 'node:assert/strict';
import { once } from 'node:events';
import test, { type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { eventually } from '../support/eventually.js';
import type { Json } from '../support/http-client.js';
import { RunningServer } from '../support/running-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** A server with one run, and the tokens `a` and `b`. */
async function serving(t: TestContext, limits: Readonly<Record<string, unknown>>) {
  const server = await RunningServer.start(t, { flags: { directory: temporaryFolder(t), ...limits } });
  const make = (name: string, scope: string): Promise<Json> =>
    server.ok(server.post('/tokens', { name, scope }), 201);
  server.token = (await make('root', 'admin')).token;
  const a: string = (await make('a', 'lease')).token;
  const b: string = (await make('b', 'lease')).token;
  const as = (token: string): RunningServer => {
    server.token = token;
    return server;
  };
  return { server, a, b, as };
}

test('what one token has does not count for another: consumers and streams', async (t) => {
  const { server, a, b, as } = await serving(t, { max_consumers_per_token: 1, max_streams_per_token: 1 });
  const put = (token: string, name: string) => as(token).put(`/consumers/${name}`, { mode: 'latest' });

  await server.ok(put(a, 'one'), 201);
  const refused = await server.problem(put(a, 'two'), 429, 'limit_reached');
  assert.equal(refused.setting, 'max_consumers_per_token');
  await server.ok(put(b, 'two'), 201);

  const stream = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const socket = new WebSocket(`${server.base.replace('http', 'ws')}/events`, { headers });
    t.after(() => socket.terminate());
    return Promise.race([
      once(socket, 'message').then(() => 'open'),
      once(socket, 'close').then(([code]) => code),
    ]);
  };
  assert.equal(await stream(a), 'open');
  assert.equal(await stream(a), 1013);
  assert.equal(await stream(b), 'open');
});

test('requests per second are those of one token', async (t) => {
  const { server, a, b, as } = await serving(t, { requests_per_second: 5 });
  const isRefused = async () => (await as(a).get('/runs')).status === 429;
  assert.ok(await eventually(isRefused));

  await server.ok(as(b).get('/runs'));
  // Probes come without a token.
  server.token = null;
  for (let i = 0; i < 20; i += 1) await server.ok(server.get('/readyz'));
});

test('a connection counts for the token of its last request', async (t) => {
  const { server, a, b } = await serving(t, { max_connections_per_token: 3 });
  const stream = async (token: string) => {
    const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' };
    const answer = await fetch(`${server.base}/events`, { headers });
    t.after(() => answer.body?.cancel());
    return answer.status;
  };

  for (const status of [200, 200, 200, 503]) assert.equal(await stream(a), status);
  assert.equal(await stream(b), 200);
});
