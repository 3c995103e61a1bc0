import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import type { Json } from '../support/http-client.js';
import { RunningServer } from '../support/running-server.js';

async function serve(t: TestContext, flags: Readonly<Record<string, unknown>> = {}) {
  const root = CheckpointRoot.make(t);
  const server = await RunningServer.start(t, {
    flags: { directory: root.path, poll_interval: '0.05', ...flags },
  });
  return { root, server };
}

/** Reads a WebSocket message by message. */
class Socket {
  readonly #socket: WebSocket;
  readonly #messages: Json[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  #wake: () => void = () => undefined;

  constructor(t: TestContext, server: RunningServer, query: string) {
    this.#socket = new WebSocket(`${server.base.replace('http', 'ws')}/events${query}`);
    this.#socket.on('message', (data) => {
      this.#messages.push(JSON.parse(String(data)));
      this.#wake();
    });
    this.closed = new Promise((resolve) =>
      this.#socket.on('close', (code, reason) => resolve({ code, reason: String(reason) })),
    );
    this.#socket.on('error', () => undefined);
    t.after(() => this.#socket.terminate());
  }

  get received(): number {
    return this.#messages.length;
  }

  async next(): Promise<Json> {
    while (this.#messages.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#messages.shift();
  }

  async take(count: number): Promise<Json[]> {
    const taken: Json[] = [];
    while (taken.length < count) taken.push(await this.next());
    return taken;
  }
}

/** Reads server-sent events one by one. */
async function* serverSentEvents(
  t: TestContext,
  server: RunningServer,
  query: string,
  headers: Record<string, string> = {},
) {
  const abort = new AbortController();
  t.after(() => abort.abort());
  const response = await fetch(`${server.base}/events${query}`, {
    headers: { accept: 'text/event-stream', ...headers },
    signal: abort.signal,
  });
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = Object.fromEntries(
        text
          .slice(0, end)
          .split('\n')
          .map((line) => line.split(/: (.*)/s).slice(0, 2)),
      );
      text = text.slice(end + 2);
      yield fields as { id: string; event: string; data: string };
    }
  }
}

const types = (events: readonly Json[]) => events.map((event) => event.type);

test('a page begins with the oldest event kept, and its cursor goes on from there', async (t) => {
  const { root, server } = await serve(t);
  root.save(1);
  await server.ok(server.get('/wait?until=1'));
  const first = await server.ok(server.get('/events?limit=1'));
  assert.deepEqual([types(first.items), first.more], [['run.registered'], true]);
  const second = await server.ok(server.get(`/events?after=${first.cursor}`));
  assert.deepEqual([types(second.items), second.more], [['step.finalized'], false]);
  assert.deepEqual((await server.ok(server.get(`/events?after=${second.cursor}`))).items, []);
});

test('an event is a CloudEvent whose data is the Step', async (t) => {
  const { root, server } = await serve(t);
  root.save(1);
  const step = await server.ok(server.get('/wait?until=1'));
  const { items, cursor } = await server.ok(server.get('/events?types=step.finalized'));
  const { data, time, ...rest } = items[0];
  assert.deepEqual(rest, {
    specversion: '1.0',
    id: cursor,
    source: '/runs/default',
    type: 'step.finalized',
    subject: '1',
  });
  assert.match(time, /Z$/);
  assert.deepEqual(data, step.item);
});

test('the cursor goes forward even when types filters everything out', async (t) => {
  const { root, server } = await serve(t);
  const before = await server.ok(server.get('/events'));
  root.save(1);
  await server.ok(server.get('/wait?until=1'));
  const page = await server.ok(server.get(`/events?after=${before.cursor}&types=lease.granted`));
  assert.deepEqual(page.items, []);
  assert.notEqual(page.cursor, before.cursor);
  await server.problem(server.get('/events?types=step.exploded'), 400, 'invalid_request');
});

test('timeout long-polls for the first event', async (t) => {
  const { root, server } = await serve(t);
  const { cursor } = await server.ok(server.get('/events'));
  const polling = server.ok(server.get(`/events?after=${cursor}&timeout=20`));
  root.save(1);
  assert.deepEqual(types((await polling).items), ['step.finalized']);
  const idle = await server.ok(server.get(`/events?after=${cursor}&types=run.removed&timeout=50ms`));
  assert.deepEqual(idle.items, []);
});

test('events tell the life of a lease, without its id', async (t) => {
  const { root, server } = await serve(t);
  root.save(1);
  const lease = await server.ok(server.post('/leases', { until: 1 }), 201);
  await server.ok(server.delete(`/leases/${lease.id}`), 204);
  await server.observed.next('snapshotRemoved');
  const { items } = await server.ok(server.get('/events'));
  assert.deepEqual(types(items), [
    'run.registered',
    'step.finalized',
    'snapshot.created',
    'lease.granted',
    'lease.released',
    'snapshot.deleted',
  ]);
  assert.ok(!JSON.stringify(items).includes(lease.id));
  assert.deepEqual([items[3].subject, items[3].data.number], ['1', 1]);
});

test('a WebSocket begins now, with a bookmark that says where, and goes on with one text message per event', async (t) => {
  const { root, server } = await serve(t);
  root.save(1);
  await server.ok(server.get('/wait?until=1'));
  const { cursor } = await server.ok(server.get('/events'));
  const socket = new Socket(t, server, '');
  const bookmark = await socket.next();
  assert.deepEqual([bookmark.type, bookmark.id, bookmark.data], ['bookmark', cursor, undefined]);
  root.save(2);
  assert.deepEqual([(await socket.next()).subject, socket.received], ['2', 0]);
});

test('streams with after get everything since, gap-free, in order and without duplicates, while events go on', async (t) => {
  const { root, server } = await serve(t);
  const { cursor } = await server.ok(server.get('/steps'));
  const steps = Array.from({ length: 30 }, (_, index) => index);
  for (const step of steps.slice(0, 10)) root.save(step);
  const socket = new Socket(t, server, `?after=${cursor}&types=step.finalized`);
  const stream = serverSentEvents(t, server, `?after=${cursor}&types=step.finalized`);
  for (const step of steps.slice(10)) root.save(step);
  const bookmark = await socket.next();
  assert.deepEqual([bookmark.type, bookmark.id], ['bookmark', cursor]);
  const overSocket = await socket.take(30);
  const overSse: Json[] = [];
  for await (const { id, event, data } of stream) {
    assert.deepEqual([JSON.parse(data).id, JSON.parse(data).type], [id, event]);
    if (event !== 'bookmark') overSse.push(JSON.parse(data));
    if (overSse.length === 30) break;
  }
  assert.deepEqual(overSse, overSocket);
  assert.deepEqual(
    overSocket.map((event) => Number(event.subject)).sort((a, b) => a - b),
    steps,
  );
  const page = await server.ok(server.get(`/events?after=${cursor}&types=step.finalized`));
  assert.deepEqual(page.items, overSocket);
});

test('Last-Event-ID wins over after', async (t) => {
  const { root, server } = await serve(t);
  for (const step of [1, 2, 3]) {
    root.save(step);
    await server.ok(server.get(`/wait?until=${step}`));
  }
  const { items } = await server.ok(server.get('/events?types=step.finalized'));
  const seen: string[] = [];
  for await (const { event, data } of serverSentEvents(t, server, `?after=${items[0].id}`, {
    'last-event-id': items[1].id,
  })) {
    if (event !== 'bookmark') seen.push(JSON.parse(data).subject);
    if (seen.length === 1) break;
  }
  assert.deepEqual(seen, ['3']);
});

test('an expired cursor is 410, and on a WebSocket close 4410 with the current cursor as the reason and no message before', async (t) => {
  const { server } = await serve(t);
  const { cursor } = await server.problem(server.get('/events?after=nonsense'), 410, 'cursor_expired');
  await server.problem(
    server.get('/events?after=nonsense', { headers: { accept: 'text/event-stream' } }),
    410,
    'cursor_expired',
  );
  const socket = new Socket(t, server, '?after=nonsense');
  assert.deepEqual(await socket.closed, { code: 4410, reason: cursor });
  assert.equal(socket.received, 0);
});

test('cursors survive restarts', async (t) => {
  const { root, server } = await serve(t);
  const { cursor } = await server.ok(server.get('/events'));
  await server.restart();
  root.save(1);
  const { items } = await server.ok(server.get(`/events?after=${cursor}&timeout=20`));
  assert.deepEqual(types(items), ['step.finalized']);
});

test('run filters, and without it all runs are meant', async (t) => {
  const { root, server } = await serve(t, { allow_root: ['/tmp'] });
  const other = CheckpointRoot.make(t);
  await server.ok(server.put('/runs/other', { directory: other.path }), 201);
  root.save(1);
  other.save(2);
  await server.ok(server.get('/wait?run=default&until=1'));
  await server.ok(server.get('/wait?run=other&until=2'));
  const subjects = async (query: string) =>
    (await server.ok(server.get(`/events?types=step.finalized${query}`))).items
      .map((event: Json) => event.subject)
      .sort();
  assert.deepEqual(await subjects(''), ['1', '2']);
  assert.deepEqual(await subjects('&run=other'), ['2']);
});

test('retention removes the oldest events, and a cursor from before is expired', async (t) => {
  const { root, server } = await serve(t);
  const { cursor } = await server.ok(server.get('/events?limit=1'));
  root.save(1);
  await server.ok(server.get('/wait?until=1'));
  root.save(2);
  await server.ok(server.get('/wait?until=2'));
  await server.restart({ retain_events_count: '1' });
  await server.observed.next('retentionPruned', ({ what }) => what === 'events');
  await server.problem(server.get(`/events?after=${cursor}`), 410, 'cursor_expired');
  assert.equal((await server.ok(server.get('/events'))).items.length, 1);
  const { cursor: listed } = await server.ok(server.get('/steps'));
  await server.ok(server.get(`/events?after=${listed}`));
});

test('streams end when the server stops: a WebSocket is closed with 1001', async (t) => {
  const { server } = await serve(t);
  const socket = new Socket(t, server, '');
  await socket.next();
  await server.stop();
  assert.equal((await socket.closed).code, 1001);
});
