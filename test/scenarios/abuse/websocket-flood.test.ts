import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { GuardedServer } from './guarded-server.js';

const MAX_STREAMS = 100;
const CONNECTIONS = 400;
const GROWTH_MIB = 120;
const CONTINUATION = 0x0;
const TEXT = 0x1;
const PING = 0x9;

test('more WebSockets than are allowed are refused, and the others go on', async (t) => {
  const guarded = await GuardedServer.start(t, ['--max-streams', String(MAX_STREAMS)]);
  const before = guarded.figures();
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => openSocket(t, guarded.port)));
  // Those beyond the limit are closed by the server, with its reason in a frame; the order of arrival decides which.
  await someEnded(sockets, CONNECTIONS - MAX_STREAMS);
  assert.equal(sockets.filter(({ destroyed }) => !destroyed).length, MAX_STREAMS);
  const during = guarded.figures();
  for (const socket of sockets) socket.destroy();
  await nothingLeft(guarded, before.descriptors);
  t.diagnostic(`before ${JSON.stringify(before)}, during ${JSON.stringify(during)}`);
  assert.ok(during.memory - before.memory < GROWTH_MIB);
  assert.deepEqual(await guarded.wounds(), []);
});

test('frames that flood, that never end or that break the protocol cost their own connection only', async (t) => {
  const guarded = await GuardedServer.start(t);
  const before = guarded.figures();
  const good = await openSocket(t, guarded.port);
  const floods: readonly (readonly [name: string, bytes: Buffer])[] = [
    ['pings', Buffer.concat(Array.from({ length: 100_000 }, () => frame(PING, Buffer.alloc(125, 'p'))))],
    ['a message of 64 MiB', frame(TEXT, Buffer.alloc(64 * 1_024 * 1_024, 'x'))],
    [
      'a length of 2^63 bytes',
      Buffer.from([0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
    ],
    [
      'fragments without an end',
      Buffer.concat([
        frame(TEXT, Buffer.from('a'), false),
        ...Array.from({ length: 100_000 }, () => frame(CONTINUATION, Buffer.alloc(100, 'b'), false)),
      ]),
    ],
    ['an unmasked frame', Buffer.from([0x81, 0x01, 0x61])],
    ['an unknown opcode', Buffer.from([0x83, 0x80, 0, 0, 0, 0])],
    ['no UTF-8', frame(TEXT, Buffer.from([0xff, 0xfe]))],
    ['bytes that are no frame', Buffer.alloc(100_000, 'z')],
  ];
  for (const [name, bytes] of floods) {
    const socket = await openSocket(t, guarded.port);
    socket.write(bytes);
    // Pings may be answered for as long as they are read; nothing else may live.
    if (name === 'pings') socket.destroy();
    else await ended(socket);
  }
  assert.equal(good.destroyed, false);
  const after = guarded.figures();
  good.destroy();
  await nothingLeft(guarded, before.descriptors);
  t.diagnostic(`before ${JSON.stringify(before)}, after ${JSON.stringify(after)}`);
  assert.ok(
    after.peak - before.memory < GROWTH_MIB,
    `memory grew from ${before.memory} to ${after.peak} MiB`,
  );
  assert.deepEqual(await guarded.wounds(), []);
});

/** A WebSocket that reads what comes and sends what a test gives it. */
async function openSocket(t: TestContext, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => undefined);
  const lines = ['GET /events HTTP/1.1', 'Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket'];
  const keys = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
  socket.write(`${[...lines, ...keys].join('\r\n')}\r\n\r\n`);
  await once(socket, 'data');
  socket.resume();
  return socket;
}

function frame(opcode: number, payload: Buffer, isFinal = true): Buffer {
  const head = [(isFinal ? 0x80 : 0) | opcode];
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(payload.length));
  const length = payload.length < 126 ? [0x80 | payload.length] : [0x80 | 127, ...size];
  // Masked with zeros, which leaves the payload as it is.
  return Buffer.concat([Buffer.from([...head, ...length, 0, 0, 0, 0]), payload]);
}

async function ended(socket: Socket): Promise<void> {
  if (!socket.destroyed) await once(socket, 'close');
}

function someEnded(sockets: readonly Socket[], count: number): Promise<void> {
  return new Promise((resolve) => {
    let left = count;
    for (const socket of sockets) {
      void ended(socket).then(() => {
        left -= 1;
        if (left === 0) resolve();
      });
    }
  });
}

async function nothingLeft(guarded: GuardedServer, descriptors: number): Promise<void> {
  // Each answer is a turn of the server, in which it sees what was closed.
  while (guarded.figures().descriptors > descriptors + 2) await guarded.server.get('/livez');
}
