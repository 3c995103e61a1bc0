import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { Writable } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import type { Engine } from '../../../src/engine/engine.js';
import { EngineError } from '../../../src/engine/errors.js';
import { leaseDocument } from '../support/documents.js';
import { sendRaw } from '../support/raw-http.js';
import { scriptedEngine } from '../support/scripted-engine.js';
import { startServer } from '../support/test-server.js';

const ID = 'ls_C4p4b1l1ty';

async function loggedServer(t: TestContext, engine: Engine) {
  const lines: string[] = [];
  let wake = () => {};
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      wake();
      done();
    },
  });
  const logged = async (count: number) => {
    while (lines.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return lines.map((line) => JSON.parse(line));
  };
  return { lines, logged, ...(await startServer(t, engine, { logger: pino({ level: 'trace' }, sink) })) };
}

describe('the request log', () => {
  it('has one line per request: id, method, route pattern, caller, status, duration', async (t) => {
    const { api, logged } = await loggedServer(
      t,
      scriptedEngine({ runs: { get: async () => ({}) as never } }),
    );
    await api.get('/runs/r').set('X-Request-Id', 'mine');
    // Fastify notes the address first.
    const { time, pid, hostname, ...line } = (await logged(2))[1];
    assert.deepEqual(line, {
      level: 30,
      request_id: 'mine',
      method: 'GET',
      route: '/runs/:run',
      caller: 'anonymous',
      run: 'r',
      status: 200,
      client: '127.0.0.1',
      duration_ms: 0,
      msg: 'request',
    });
  });

  it('has health checks at debug level', async (t) => {
    const { api, logged } = await loggedServer(t, scriptedEngine());
    await api.get('/livez');
    assert.equal((await logged(2))[1].level, 20);
  });

  it('has requests whose client hung up', async (t) => {
    let begun = () => {};
    const started = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const wait = () => {
      begun();
      return new Promise<never>(() => undefined);
    };
    const { port, logged } = await loggedServer(t, scriptedEngine({ waits: { wait } }));
    const client = httpRequest({ port, host: '127.0.0.1', path: '/wait' }).on('error', () => undefined);
    client.end();
    await started;
    client.destroy();
    const line = (await logged(2))[1];
    assert.deepEqual([line.route, line.status, line.aborted], ['/wait', null, true]);
  });

  it('never has a lease id, whatever happens to the request', async (t) => {
    const lease = leaseDocument(ID);
    const engine = scriptedEngine({
      leases: {
        grant: async () => ({ granted: true, replayed: false, lease }),
        get: async () => lease,
        renew: () => Promise.reject(new EngineError('lease_expired', 'it expired')),
        release: () => Promise.reject(new TypeError('broken inside')),
      },
    });
    const { api, port, lines, logged } = await loggedServer(t, engine);
    await api.post('/leases').expect(201);
    await api.get(`/leases/${ID}`).expect(200);
    await api.get(`/leases/${ID}?x=${ID}`).expect(400);
    await api.post(`/leases/${ID}/renew`).expect(410);
    await api.post(`/leases/${ID}/renew`).type('json').send('{').expect(400);
    await api.delete(`/leases/${ID}`).expect(500);
    await api.get(`/leases/${ID}/nothing`).expect(404);
    await api.patch(`/leases/${ID}`).expect(405);
    await api.get(`/leases/${ID}/%zz`).expect(400);
    await api.get(`/leases/${ID}`).set('Host', 'evil.example').expect(421);
    await sendRaw(port, `BAD /leases/${ID} HTTP/9\r\n\r\n`);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/leases/${ID}`).on('error', () => undefined);
    await new Promise((resolve) => socket.once('close', resolve));
    // The address, eleven requests and one failure.
    await logged(13);
    assert.equal(lines.length, 13);
    assert.doesNotMatch(lines.join(''), new RegExp(ID));
  });
});
