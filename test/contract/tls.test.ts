import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:https';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { eventually } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';
import { RunningServer } from '../support/running-server.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { type Identity, TestAuthority } from '../support/test-authority.js';

const authority = new TestAuthority('authority');
const clients = new TestAuthority('clients');

async function serving(t: TestContext, options: { clientCa?: string } = {}) {
  const home = await temporaryDirectory(t);
  const clock = new FakeClock(Date.now());
  const put = async ({ cert, key }: Identity) => {
    await writeFile(join(home, 'tls.crt'), cert);
    await writeFile(join(home, 'tls.key'), key);
  };
  await put(authority.issue({ CN: 'first' }));
  const flags: Record<string, unknown> = { tls_cert: join(home, 'tls.crt'), tls_key: join(home, 'tls.key') };
  if (options.clientCa !== undefined) {
    await writeFile(join(home, 'ca.crt'), options.clientCa);
    flags['tls_client_ca'] = join(home, 'ca.crt');
  }
  const server = await RunningServer.start(t, { flags, clock });
  const port = Number(new URL(server.base).port);
  return { server, port, put, clock };
}

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

function ask(port: number, path: string, options: object = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = get({ port, path, host: '127.0.0.1', ca: authority.cert, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    request.on('error', reject);
  });
}

async function shake(port: number, options: object = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', ca: authority.cert, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

test('with a certificate and a key the server speaks https, and says so where it is asked for its address', async (t) => {
  const { server, port } = await serving(t);

  const { status, headers } = await ask(port, '/livez');

  assert.match(server.base, /^https:/);
  assert.equal(status, 200);
  assert.equal(headers['strict-transport-security'], 'max-age=31536000');
});

test('the name localhost is not bound to https for ever', async (t) => {
  const { port } = await serving(t);

  const { headers } = await ask(port, '/livez', { headers: { host: `localhost:${port}` } });

  assert.equal(headers['strict-transport-security'], undefined);
});

test('WebSockets, event streams and waits go over TLS as they do without', async (t) => {
  const { port } = await serving(t);

  const socket = new WebSocket(`wss://127.0.0.1:${port}/events`, { ca: authority.cert });
  const [message] = await once(socket, 'message');
  socket.close();

  assert.equal(JSON.parse(String(message)).type, 'bookmark');
  assert.match((await ask(port, '/events')).body, /"items":/);
});

test('TLS 1.1 is refused, TLS 1.2 and 1.3 are spoken', async (t) => {
  const { port } = await serving(t);

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    const socket = await shake(port, { minVersion: version, maxVersion: version });
    assert.equal(socket.getProtocol(), version);
    socket.destroy();
  }
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
  await assert.rejects(shake(port, old), /alert|version|protocol/i);
});

test('a connection that speaks no TLS is closed', async (t) => {
  const { port } = await serving(t);

  await assert.rejects(fetch(`http://127.0.0.1:${port}/livez`));
});

test('a new certificate counts for new connections, and the open ones go on', async (t) => {
  const { server, port, put, clock } = await serving(t);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const { body } = await ask(port, '/livez', { agent });
  const stream = new WebSocket(`wss://127.0.0.1:${port}/events`, { ca: authority.cert });
  await once(stream, 'message');
  assert.equal(body, '{"live":true}');

  await put(authority.issue({ CN: 'second' }));
  const isTaken = async () => {
    clock.advance(1_000);
    return server.observed.all('certificateTaken').length > 1;
  };
  assert.ok(await eventually(isTaken));

  const fresh = await shake(port);
  assert.equal(fresh.getPeerCertificate().subject.CN, 'second');
  fresh.destroy();
  const [[socket]] = [Object.values(agent.freeSockets).flat()];
  const reused = await ask(port, '/livez', { agent });
  assert.equal(reused.status, 200);
  assert.equal((socket as TLSSocket).getPeerCertificate().subject.CN, 'first');
  assert.equal(stream.readyState, WebSocket.OPEN);
  stream.close();
});

test('with authorities for clients, only their certificates are let in', async (t) => {
  const { port } = await serving(t, { clientCa: clients.cert });
  const known = clients.issue({ CN: 'eval-1', O: 'lab' });
  const stranger = authority.issue({ CN: 'eval-1' });

  assert.equal((await ask(port, '/livez', known)).status, 200);
  await assert.rejects(ask(port, '/livez', stranger));
  await assert.rejects(ask(port, '/livez'));
});
