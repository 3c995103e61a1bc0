import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { eventDocument, leaseDocument } from '../support/documents.js';
import { sendRaw } from '../support/raw-http.js';
import { scriptedEngine } from '../support/scripted-engine.js';
import { ScriptedSubscription } from '../support/scripted-subscription.js';
import { startServer } from '../support/test-server.js';

const POST =
  'POST /leases HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
const SOON = { arrivalMs: 100 };

describe('a request that does not arrive whole in time is refused, and its connection closed', () => {
  const cases: readonly [string, string][] = [
    ['a request line without an end', 'GET /liv'],
    ['an HTTP/0.9 request', 'GET /livez\r\n'],
    ['headers without an end', 'GET /livez HTTP/1.1\r\nHost: localhost\r\n'],
    ['a chunk extension without an end', `${POST}2;${'a'.repeat(1_000)}`],
    ['a chunk that is too short', `${POST}5\r\n{`],
    ['trailers without an end', `${POST}2\r\n{}\r\n0\r\nX: a`],
  ];
  for (const [name, bytes] of cases) {
    it(name, async (t) => {
      const { port } = await startServer(t, scriptedEngine(), SOON);
      const answer = await sendRaw(port, bytes);
      assert.match(answer, /^HTTP\/1.1 400 /);
      assert.match(answer, /"code":"invalid_request"/);
    });
  }
});

describe('a connection without a single byte', () => {
  it('is closed without an answer, which its client would take for that of its first request', async (t) => {
    const { port } = await startServer(t, scriptedEngine(), SOON);
    assert.equal(await sendRaw(port, ''), '');
  });
});

describe('the body of a request', () => {
  const SLOW = 'POST /leases HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{';

  it('has as long as its headers had, counted from their end', async (t) => {
    const { port, clock, server } = await startServer(t, scriptedEngine());
    const isRead = once(server.server, 'request');
    const answer = sendRaw(port, SLOW);
    await isRead;

    clock.advance(10_000);

    assert.match(await answer, /^HTTP\/1.1 400 .*did not arrive whole in time/s);
  });

  it('has no deadline any more once it is there, however long the answer takes', async (t) => {
    const asked = new EventEmitter();
    const grant = async () => {
      asked.emit('grant');
      await once(asked, 'go on');
      return { granted: true, replayed: false, lease: leaseDocument('ls_1') } as const;
    };
    const { api, clock } = await startServer(t, scriptedEngine({ leases: { grant } }));
    const isAsked = once(asked, 'grant');
    const answer = api
      .post('/leases')
      .send({ step: 1 })
      .then(({ status }) => status);
    await isAsked;

    clock.advance(10_000);
    asked.emit('go on');

    assert.equal(await answer, 201);
  });
});

describe('a request whose end is missing although it was answered', () => {
  it('has its connection closed, and gets no second answer', async (t) => {
    const { port } = await startServer(t, scriptedEngine(), SOON);
    const bytes = 'POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{';
    const answer = await sendRaw(port, bytes);
    assert.match(answer, /^HTTP\/1.1 404 /);
    assert.equal(answer.match(/HTTP\/1\.1/g)?.length, 1);
  });
});

/** Sends the bytes behind the first once the answer shows that mark; gives everything that came until the server closed. */
async function converse(port: number, first: string, mark: string, second: string): Promise<string> {
  const socket = connect(port, '127.0.0.1', () => socket.write(first));
  const closed = once(socket, 'close');
  let received = '';
  let isMarked = false;
  socket.on('data', (chunk) => {
    received += chunk.toString();
    if (isMarked || !received.includes(mark)) return;
    isMarked = true;
    socket.write(second);
  });
  await closed;
  return received;
}

describe('bytes that break HTTP on a connection', () => {
  it('end the stream that goes over that connection, and are not told inside it', async (t) => {
    const subscription = new ScriptedSubscription().push([eventDocument('c1')]);
    const { port } = await startServer(
      t,
      scriptedEngine({ events: { subscribe: async () => subscription } }),
    );
    const stream = 'GET /events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n';

    const received = await converse(port, stream, 'data: ', 'GARBAGE\r\n\r\n');

    assert.equal(received.match(/HTTP\/1\.1/g)?.length, 1);
  });

  it('are told when the answer before was complete', async (t) => {
    const { port } = await startServer(t, scriptedEngine());
    const request = 'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n';

    const received = await converse(port, request, '{"live":true}', 'GARBAGE\r\n\r\n');

    assert.match(received, /^HTTP\/1.1 200 .*HTTP\/1.1 400 /s);
  });
});
