import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { GuardedServer } from './guarded-server.js';

const OF_EACH = 60;
const GROWTH_MIB = 100;
/** Ten seconds for headers and body, and what Node takes to look at its connections. */
const CLOSED_WITHIN_MS = 25_000;
/** An answer, while all of them are open, on a machine that does other things beside. */
const ANSWERED_WITHIN_MS = 3_000;
const POST = 'POST /leases HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';

/** What is sent at first, and what is then sent once a second. */
const SLOW: readonly (readonly [name: string, first: string, drop: string])[] = [
  ['nothing', '', ''],
  ['half a request line', 'GET /liv', ''],
  ['headers, one after the other', 'GET /livez HTTP/1.1\r\nHost: localhost\r\n', 'X-A: b\r\n'],
  ['one header, letter by letter', 'GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Long: ', 'a'],
  ['a body, letter by letter', `${POST}Content-Length: 100000\r\n\r\n`, 'a'],
  ['chunks, one after the other', `${POST}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n'],
  ['a chunk extension', `${POST}Transfer-Encoding: chunked\r\n\r\n1;`, 'a'],
];

test('connections that send slowly or not at all are closed, and the others are served meanwhile', async (t) => {
  const guarded = await GuardedServer.start(t);
  const before = guarded.figures();
  const began = performance.now();
  const sockets = await Promise.all(
    SLOW.flatMap((behaviour) => Array.from({ length: OF_EACH }, () => misbehave(t, guarded.port, behaviour))),
  );
  const closed = Promise.all(sockets.map((socket) => socket.destroyed || once(socket, 'close')));
  const during = guarded.figures();
  let slowest = 0;
  let isOver = false;
  const probing = (async () => {
    while (!isOver) {
      const asked = performance.now();
      assert.equal((await guarded.server.get('/steps/latest')).status, 200);
      slowest = Math.max(slowest, performance.now() - asked);
    }
  })();
  await closed;
  const took = Math.round(performance.now() - began);
  isOver = true;
  await probing;

  t.diagnostic(
    `${sockets.length} connections, all closed after ${took} ms; slowest answer ${Math.round(slowest)} ms`,
  );
  t.diagnostic(
    `before ${JSON.stringify(before)}, during ${JSON.stringify(during)}, after ${JSON.stringify(guarded.figures())}`,
  );
  assert.ok(took < CLOSED_WITHIN_MS, `${took} ms`);
  assert.ok(slowest < ANSWERED_WITHIN_MS, `${slowest} ms`);
  assert.ok(guarded.figures().peak - before.memory < GROWTH_MIB);
  while (guarded.figures().descriptors > before.descriptors + 2) await guarded.server.get('/livez');
  assert.deepEqual(await guarded.wounds(), []);
});

async function misbehave(
  t: TestContext,
  port: number,
  [, first, drop]: (typeof SLOW)[number],
): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => undefined).resume();
  await once(socket, 'connect');
  socket.write(first);
  const dripping = setInterval(() => socket.writable && socket.write(drop), 1_000);
  socket.once('close', () => clearInterval(dripping));
  return socket;
}
