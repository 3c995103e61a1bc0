import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { SubscribeRequest } from '../../../src/engine/engine.js';
import { EngineError } from '../../../src/engine/errors.js';
import type { HttpSettings } from '../../../src/routes/settings.js';
import { eventDocument } from '../support/documents.js';
import { sendRaw } from '../support/raw-http.js';
import { scriptedEngine } from '../support/scripted-engine.js';
import { ScriptedSubscription } from '../support/scripted-subscription.js';
import { startServer } from '../support/test-server.js';

async function socketServer(t: TestContext, settings: Partial<HttpSettings> = {}, failure?: unknown) {
  const subscription = new ScriptedSubscription();
  const requests: SubscribeRequest[] = [];
  const engine = scriptedEngine({
    runs: {
      resolve: (name) => {
        if (name === 'unknown') throw new EngineError('run_not_found', 'there is no such run');
        return name ?? 'r';
      },
    },
    events: {
      subscribe: async (request) => {
        requests.push(request);
        if (failure !== undefined) throw failure;
        return subscription;
      },
    },
  });
  const started = await startServer(t, engine, settings);
  const open = (query = '', options: WebSocket.ClientOptions = {}) => {
    const socket = new WebSocket(`ws://127.0.0.1:${started.port}/events${query}`, options);
    const messages: string[] = [];
    socket.on('message', (data, isBinary) => messages.push(isBinary ? 'binary' : String(data)));
    const closed = new Promise<[number, string]>((resolve) => {
      socket.on('close', (code, reason) => resolve([code, String(reason)]));
    });
    return { socket, messages, closed };
  };
  return { subscription, requests, open, ...started };
}

async function refusal(socket: WebSocket) {
  const [request, response] = await once(socket, 'unexpected-response');
  let text = '';
  for await (const chunk of response) text += chunk;
  request.destroy();
  return { status: response.statusCode, headers: response.headers, body: JSON.parse(text) };
}

describe('a WebSocket', () => {
  it('gets one JSON text message per event', async (t) => {
    const { open, subscription, requests } = await socketServer(t);
    const events = [eventDocument('c1', 'bookmark'), eventDocument('c2'), eventDocument('c3')];
    subscription.push(events.slice(0, 1), events.slice(1), null);
    const { messages, closed } = open('?after=c0&types=step.finalized&run=r');
    assert.deepEqual(await closed, [1001, 'the server is shutting down']);
    assert.deepEqual(
      messages.map((text) => JSON.parse(text)),
      events,
    );
    assert.deepEqual(requests, [{ run: 'r', types: ['step.finalized'], after: 'c0' }]);
  });

  it('has the request id in its handshake, and no compression', async (t) => {
    const { open } = await socketServer(t);
    const { socket } = open('', { headers: { 'X-Request-Id': 'mine' } });
    const [response] = await once(socket, 'upgrade');
    assert.equal(response.headers['x-request-id'], 'mine');
    assert.equal(response.headers['sec-websocket-extensions'], undefined);
    socket.terminate();
  });

  it('with an expired cursor is closed with 4410 and the current cursor, without a message', async (t) => {
    const expired = new EngineError('cursor_expired', 'too old', { fields: { cursor: 'c9' } });
    const { open } = await socketServer(t, {}, expired);
    const { messages, closed } = open('?after=c1');
    assert.deepEqual(await closed, [4410, 'c9']);
    assert.deepEqual(messages, []);
  });

  it('whose history goes away while it is read is closed with 4410, too', async (t) => {
    const { open, subscription } = await socketServer(t);
    subscription.push(
      [eventDocument('c1')],
      new EngineError('cursor_expired', 'gone', { fields: { cursor: 'c9' } }),
    );
    assert.deepEqual(await open().closed, [4410, 'c9']);
  });

  it('is closed with 1011 when the engine fails, and the observer is told', async (t) => {
    const reports: unknown[] = [];
    const failure = new TypeError('secret');
    const { open } = await socketServer(t, { onInternalError: (error) => reports.push(error) }, failure);
    assert.deepEqual(await open().closed, [1011, 'internal']);
    assert.deepEqual(reports, [failure]);
  });

  for (const [query, status, code] of [
    ['?types=nonsense', 400, 'invalid_request'],
    ['?unknown=1', 400, 'invalid_request'],
    ['?run=unknown', 404, 'run_not_found'],
    ['?run=Impossible', 404, 'run_not_found'],
  ] as const) {
    it(`is refused at the handshake with ${query}`, async (t) => {
      const { open, requests } = await socketServer(t);
      const { status: given, headers, body } = await refusal(open(query).socket);
      assert.equal(given, status);
      assert.equal(headers['content-type'], 'application/problem+json');
      assert.ok(headers['x-request-id']);
      assert.equal(body.code, code);
      assert.deepEqual(requests, []);
    });
  }

  it('is refused on paths that are not for it', async (t) => {
    const { port } = await socketServer(t);
    for (const [path, status] of [
      ['/steps', 400],
      ['/nothing', 404],
    ] as const) {
      assert.equal((await refusal(new WebSocket(`ws://127.0.0.1:${port}${path}`))).status, status);
    }
  });

  it('with a handshake that is none is refused with a problem', async (t) => {
    const { port } = await socketServer(t);
    const answer = await sendRaw(
      port,
      'GET /events HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    assert.match(answer, /^HTTP\/1.1 400 /);
    assert.match(answer, /x-request-id: \S+/i);
    assert.match(answer, /"code":"invalid_request"/);
  });

  it('may send messages, which nobody reads, but no large ones', async (t) => {
    const { open, subscription } = await socketServer(t);
    const { socket, messages, closed } = open();
    await once(socket, 'open');
    socket.send('hello');
    socket.send(Buffer.from([1, 2]));
    subscription.push([eventDocument('c1')]);
    await once(socket, 'message');
    assert.equal(messages.length, 1);
    socket.send('x'.repeat(16 * 1024 + 1));
    assert.equal((await closed)[0], 1009);
  });

  it('lets go of its subscription when the client goes', async (t) => {
    const { open, subscription } = await socketServer(t);
    const { socket } = open();
    await once(socket, 'open');
    socket.close();
    await subscription.closed;
  });

  it('is pinged, and cut when it did not answer the ping before', async (t) => {
    const { open, clock, server } = await socketServer(t, { pingIntervalMs: 1_000 });
    const alive = open();
    const dead = open('', { autoPong: false });
    await Promise.all([once(alive.socket, 'open'), once(dead.socket, 'open')]);
    const answered = new Promise((resolve) => {
      for (const peer of server.websocketServer.clients) peer.once('pong', resolve);
    });
    clock.advance(1_000);
    await answered;
    const secondPing = once(alive.socket, 'ping');
    clock.advance(1_000);
    assert.deepEqual(await dead.closed, [1006, '']);
    await secondPing;
    alive.socket.terminate();
  });

  it('is closed with 1013 when it takes nothing for too long', async (t) => {
    const { open, subscription, clock } = await socketServer(t, { streamStallMs: 7_000 });
    const { socket, closed } = open();
    await once(socket, 'open');
    socket.pause();
    const large = eventDocument('c1', 'x'.repeat(1_000_000));
    while (subscription.taken < 1) await turns(1);
    for (let pushed = 1; subscription.taken === pushed; pushed += 1) {
      subscription.push([large]);
      // As long as there is room it is taken at once.
      await setTimeout(100);
    }
    clock.advance(7_000);
    await subscription.closed;
    socket.resume();
    assert.equal((await closed)[0], 1013);
  });

  it('is closed with 1001 when the server stops', async (t) => {
    const stopping = new AbortController();
    const { open } = await socketServer(t, { stopping: stopping.signal });
    const { socket, closed } = open();
    await once(socket, 'open');
    stopping.abort();
    assert.deepEqual(await closed, [1001, 'the server is shutting down']);
    assert.equal((await refusal(open().socket)).status, 503);
  });

  it('does not keep the server from closing', async (t) => {
    const { open, server } = await socketServer(t);
    const { socket, closed } = open();
    await once(socket, 'open');
    await server.close();
    assert.equal((await closed)[0], 1001);
  });
});

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve));
}
