import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';
import type { HttpSettings } from '../../../src/routes/settings.js';
import { eventually } from '../../support/eventually.js';
import { TestAuthority } from '../../support/test-authority.js';
import { eventDocument, leaseDocument } from '../support/documents.js';
import { sendRaw } from '../support/raw-http.js';
import { scriptedEngine } from '../support/scripted-engine.js';
import { ScriptedSubscription } from '../support/scripted-subscription.js';
import { startServer } from '../support/test-server.js';

async function serving(t: TestContext, settings: Partial<HttpSettings>) {
  const engine = scriptedEngine({
    runs: { list: async () => ({ items: [], next_page: null }) },
    leases: { release: async () => undefined },
    consumers: { ack: async () => leaseDocument('ls_1'), nack: async () => leaseDocument('ls_1') },
    events: { subscribe: async () => new ScriptedSubscription().push([eventDocument('c1')]) },
  });
  const { port } = await startServer(t, engine, settings);
  /** A connection that is kept, after one request on it. */
  const keep = async (path = '/runs'): Promise<{ socket: Socket; answer: string }> => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request('GET', path)));
    t.after(() => socket.destroy());
    const [answer] = await once(socket, 'data');
    return { socket, answer: String(answer) };
  };
  /** A request on a connection of its own, which the server is to close. */
  const ask = (method: string, path: string) => sendRaw(port, request(method, path));
  return { port, keep, ask };
}

function request(method: string, path: string): string {
  return `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
}

const NEVER_REFUSED: readonly (readonly [string, string, string])[] = [
  ['DELETE', '/leases/ls_1', '204'],
  ['POST', '/leases/ls_1/ack', '200'],
  ['POST', '/leases/ls_1/nack', '200'],
  ['GET', '/livez', '200'],
];

for (const [setting, connections] of [
  ['max_connections', { all: 2, perToken: null }],
  ['max_connections_per_token', { all: 100, perToken: 2 }],
] as const) {
  describe(`as many connections as ${setting} allows`, () => {
    it('serve on, and one more is refused and closed', async (t) => {
      const { keep, ask } = await serving(t, { connections });
      const first = await keep();
      await keep();

      const refused = await ask('GET', '/runs');

      assert.match(refused, /^HTTP\/1.1 503 .*\r\nretry-after: \d+\r\n/is);
      assert.match(refused, /\r\nconnection: close\r\n/i);
      assert.match(refused, new RegExp(`"setting":"${setting}","limit":2,.*"code":"overloaded"`));
      first.socket.write(request('GET', '/runs'));
      assert.match(String(await once(first.socket, 'data')), /^HTTP\/1.1 200 /);
    });

    it('make room when one of them ends', async (t) => {
      const { keep, ask } = await serving(t, { connections });
      const first = await keep();
      await keep();
      first.socket.destroy();

      const isServed = async () => (await keep()).answer.startsWith('HTTP/1.1 200');
      assert.ok(await eventually(isServed));
      assert.match(await ask('GET', '/runs'), /^HTTP\/1.1 503 /);
    });

    it('count WebSockets, too', async (t) => {
      const { port, ask } = await serving(t, { connections });
      for (const _ of [1, 2]) {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/events`);
        t.after(() => socket.terminate());
        await once(socket, 'message');
      }

      assert.match(await ask('GET', '/runs'), /^HTTP\/1.1 503 /);
      const third = new WebSocket(`ws://127.0.0.1:${port}/events`);
      const [error] = await once(third, 'error');
      assert.match(String(error), /503/);
    });

    for (const [method, path, status] of NEVER_REFUSED) {
      it(`never keep ${method} ${path} from being answered`, async (t) => {
        const { keep, port } = await serving(t, { connections });
        await keep();
        await keep();

        const answer = await sendRaw(port, request(method, path), (text) => text.includes('\r\n\r\n'));

        assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
      });
    }
  });
}

describe('connections over TLS', () => {
  it('count from the first byte of the handshake until they are closed', async (t) => {
    const authority = new TestAuthority('authority');
    const material = { ...authority.issue({ CN: 'server' }), clientCa: null };
    const { server, port } = await startServer(t, scriptedEngine(), {
      tls: { material, onChange: () => undefined },
      connections: { all: 1, perToken: null },
    });
    const ask = async (): Promise<string> => {
      const socket = connectTls({ port, host: '127.0.0.1', ca: authority.cert });
      await once(socket, 'secureConnect');
      socket.write(request('GET', '/version'));
      const [answer] = await once(socket, 'data');
      socket.destroy();
      return String(answer);
    };

    const areOpen = (count: number) =>
      eventually(async () => {
        const [, open] = await new Promise<[Error | null, number]>((resolve) =>
          server.server.getConnections((...found) => resolve(found)),
        );
        return open === count;
      });

    for (const _ of [1, 2]) {
      assert.match(await ask(), /^HTTP\/1.1 200 /);
      assert.ok(await areOpen(0));
    }
    const silent = connect(port, '127.0.0.1');
    t.after(() => silent.destroy());
    assert.ok(await areOpen(1));
    assert.match(await ask(), /^HTTP\/1.1 503 /);
  });
});

describe('requests per second', () => {
  it('beyond the limit are refused with the time to come back, those that make room are not', async (t) => {
    const { port } = await serving(t, { requestsPerSecond: 2 });
    const url = `http://127.0.0.1:${port}`;
    const statuses = async (count: number) => {
      const answers = await Promise.all(Array.from({ length: count }, () => fetch(`${url}/version`)));
      return answers.map(({ status }) => status);
    };

    // The seconds of the server are its own: of nine requests at once at most two times two are in the same.
    const seen = await statuses(9);
    assert.ok(seen.includes(200));
    assert.ok(seen.includes(429));

    const isRefused = async () => {
      const refused = await fetch(`${url}/version`);
      if (refused.status !== 429) return false;
      const { code, setting, limit } = JSON.parse(await refused.text());
      assert.deepEqual([code, setting, limit], ['too_many_requests', 'requests_per_second', 2]);
      assert.equal(refused.headers.get('retry-after'), '1');
      for (const [method, path] of NEVER_REFUSED)
        assert.ok((await fetch(url + path, { method })).status < 300, path);
      return true;
    };
    assert.ok(await eventually(isRefused));
  });
});
