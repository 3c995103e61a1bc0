import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { EventPageRequest, SubscribeRequest } from '../../src/engine/engine.js';
import { EngineError } from '../../src/engine/errors.js';
import type { HttpSettings } from '../../src/routes/settings.js';
import { eventDocument } from './support/documents.js';
import { scriptedEngine } from './support/scripted-engine.js';
import { ScriptedSubscription } from './support/scripted-subscription.js';
import { startServer } from './support/test-server.js';

const SSE = { accept: 'text/event-stream' };

async function streamServer(t: TestContext, settings: Partial<HttpSettings> = {}) {
  const subscription = new ScriptedSubscription();
  const requests: SubscribeRequest[] = [];
  const pages: EventPageRequest[] = [];
  const engine = scriptedEngine({
    events: {
      subscribe: async (request) => {
        requests.push(request);
        return subscription;
      },
      page: async (request) => {
        pages.push(request);
        return { items: [], cursor: 'c1', more: false };
      },
    },
  });
  return { subscription, requests, pages, ...(await startServer(t, engine, settings)) };
}

describe('a page of events', () => {
  it('is what a client gets that names no stream', async (t) => {
    const { api, pages } = await streamServer(t);
    for (const accept of [
      '*/*',
      'application/json',
      'text/*',
      'text/event-stream;q=0, */*',
      'application/json, text/event-stream, application/problem+json',
    ]) {
      const { body } = await api.get('/events').set('Accept', accept).expect(200);
      assert.deepEqual(body, { items: [], cursor: 'c1', more: false });
    }
    await api.get('/events?run=r&types=step.finalized,run.removed&after=c&limit=2&timeout=250ms');
    assert.deepEqual(pages.at(0), { run: null, types: null, after: null, limit: 1000, timeoutMs: 0 });
    assert.deepEqual(pages.at(-1), {
      run: 'r',
      types: ['step.finalized', 'run.removed'],
      after: 'c',
      limit: 2,
      timeoutMs: 250,
    });
  });

  it('is refused for types that there are not', async (t) => {
    const { api } = await streamServer(t);
    const { body } = await api.get('/events?types=step.finalized,step.exploded').expect(400);
    assert.match(body.detail, /must be a comma-separated list, each item one of "step.finalized"/);
  });
});

describe('an event stream', () => {
  it('has per event an id, a type and one line of data, and a request id in front', async (t) => {
    const { url, subscription } = await streamServer(t);
    const [first, second] = [eventDocument('c1', 'bookmark'), eventDocument('c2')];
    subscription.push([first], [second], null);
    const answer = await fetch(`${url}/events`, { headers: { ...SSE, 'x-request-id': 'mine' } });
    assert.equal(answer.headers.get('content-type'), 'text/event-stream');
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.equal(answer.headers.get('x-request-id'), 'mine');
    assert.equal(
      await answer.text(),
      `id: c1\nevent: bookmark\ndata: ${JSON.stringify(first)}\n\n` +
        `id: c2\nevent: step.finalized\ndata: ${JSON.stringify(second)}\n\n`,
    );
  });

  it('begins after Last-Event-ID, else after `after`, else now', async (t) => {
    const { api, subscription, requests } = await streamServer(t);
    subscription.push(null, null, null);
    await api.get('/events?after=c1&types=step.deleted').set(SSE).set('Last-Event-ID', 'c2');
    await api.get('/events?after=c1&run=r').set(SSE);
    await api.get('/events').set({ accept: 'text/html, text/event-stream;q=0.9' });
    assert.deepEqual(requests, [
      { run: null, types: ['step.deleted'], after: 'c2' },
      { run: 'r', types: null, after: 'c1' },
      { run: null, types: null, after: null },
    ]);
  });

  it('is a plain 410 problem when its cursor has expired', async (t) => {
    const expired = new EngineError('cursor_expired', 'too old', { fields: { cursor: 'c9' } });
    const { api } = await startServer(
      t,
      scriptedEngine({ events: { subscribe: () => Promise.reject(expired) } }),
    );
    const { body } = await api.get('/events?after=c1').set(SSE).expect(410);
    assert.equal(body.cursor, 'c9');
  });

  it('lets go of its subscription when the client goes', async (t) => {
    const { url, subscription } = await streamServer(t);
    subscription.push([eventDocument('c1')]);
    const abort = new AbortController();
    await fetch(`${url}/events`, { headers: SSE, signal: abort.signal });
    abort.abort();
    await subscription.closed;
  });

  it('ends, and tells the observer, when the engine fails', async (t) => {
    const reports: unknown[] = [];
    const { url, subscription } = await streamServer(t, { onInternalError: (error) => reports.push(error) });
    const failure = new TypeError('broken');
    subscription.push(failure);
    const answer = await fetch(`${url}/events`, { headers: SSE });
    assert.equal(await answer.text(), '');
    assert.deepEqual(reports, [failure]);
  });

  it('takes no more from the log than its client takes, and ends when that is nothing for too long', async (t) => {
    const { port, subscription, clock } = await streamServer(t, { streamStallMs: 7_000 });
    const socket = deafClient(port);
    const large = eventDocument('c1', 'x'.repeat(1_000_000));
    while (subscription.taken < 1) await turns(1);
    // Until the kernel's buffers are full and a batch waits for the client.
    for (let pushed = 1; subscription.taken === pushed; pushed += 1) {
      subscription.push([large]);
      // As long as there is room it is taken at once.
      await setTimeout(100);
    }
    const taken = subscription.taken;
    subscription.push([large]);
    await turns(20);
    assert.equal(subscription.taken, taken);
    clock.advance(6_999);
    await turns(5);
    assert.equal(clock.pendingTimers >= 2, true);
    clock.advance(1);
    await subscription.closed;
    socket.destroy();
  });
});

/** A client that asks and then reads nothing. */
function deafClient(port: number): Socket {
  const socket = connect(port, '127.0.0.1', () => {
    socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n');
  });
  return socket.pause();
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve));
}
