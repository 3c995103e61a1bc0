import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Writable } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { pino } from 'pino';
import type { HttpSettings } from '../../../src/routes/settings.js';
import { TestAuthority } from '../../support/test-authority.js';
import { sendRaw } from '../support/raw-http.js';
import { scriptedEngine } from '../support/scripted-engine.js';
import { startServer } from '../support/test-server.js';

const authority = new TestAuthority('authority');
const material = { ...authority.issue({ CN: 'server' }), clientCa: authority.cert };

function startTls(t: TestContext, settings: Partial<HttpSettings> = {}, clientCa: string | null = null) {
  const tls = { material: { ...material, clientCa }, onChange: () => undefined };
  return startServer(t, scriptedEngine(), { tls, ...settings });
}

async function shake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connectTls({ port, host: '127.0.0.1', ca: authority.cert, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

/** Everything that comes until the server closes. */
async function read(socket: TLSSocket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

const LIVEZ = 'GET /livez HTTP/1.1\r\nHost: localhost\r\n';

describe('a server with TLS', () => {
  it('closes connections whose handshake does not end in time, and those without a request after it', async (t) => {
    const { port } = await startTls(t, { arrivalMs: 100 });

    assert.equal(await sendRaw(port, ''), '');
    assert.equal(await read(await shake(port)), '');
  });

  it('answers late headers as it does without TLS', async (t) => {
    const { port } = await startTls(t, { arrivalMs: 100 });
    const socket = await shake(port);
    socket.write(LIVEZ);

    assert.match(await read(socket), /^HTTP\/1.1 400 .*did not arrive whole in time/s);
  });

  it('reads a request anew that wishes for another protocol than WebSocket', async (t) => {
    const { port } = await startTls(t);
    const socket = await shake(port);
    socket.write(
      `${LIVEZ}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`,
    );
    const [answer] = await once(socket, 'data');
    socket.destroy();

    assert.match(String(answer), /^HTTP\/1.1 200 /);
  });

  it('cuts what has not asked yet when it closes, before and after the handshake', async (t) => {
    const { port, server } = await startTls(t);
    const before = connect(port, '127.0.0.1');
    await once(before, 'connect');
    const after = await shake(port);
    const ended = [before.resume(), after.resume()].map((socket) => once(socket, 'close'));

    await server.close();

    await Promise.all(ended);
  });

  it('logs the subject of the certificate that a client shows', async (t) => {
    const lines: string[] = [];
    const sink = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk));
        done();
        sink.emit('line');
      },
    });
    const { port } = await startTls(t, { logger: pino({}, sink) }, authority.cert);
    const socket = await shake(port, authority.issue({ O: 'lab', CN: 'eval-1' }));
    socket.write(`${LIVEZ.replace('livez', 'nothing')}Connection: close\r\n\r\n`);
    await read(socket);

    while (!lines.some((line) => line.includes('"msg":"request"'))) await once(sink, 'line');

    const { client, client_subject: subject } = JSON.parse(lines.at(-1) ?? '');
    assert.deepEqual([client, subject], ['127.0.0.1', 'O=lab, CN=eval-1']);
  });
});
