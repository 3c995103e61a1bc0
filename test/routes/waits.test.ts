import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { describe, it } from 'node:test';
import { scriptedEngine } from './support/scripted-engine.js';
import { startServer } from './support/test-server.js';

/** A promise and its resolver. */
function gate<T>() {
  let open: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

describe('a client that hangs up', () => {
  const calls = [
    { method: 'GET', path: '/wait' },
    { method: 'POST', path: '/leases', body: '{"timeout":30}' },
    { method: 'GET', path: '/events?timeout=30' },
  ];
  for (const { method, path, body = '' } of calls) {
    it(`aborts the signal of ${method} ${path}`, async (t) => {
      const begun = gate<AbortSignal>();
      const hold = (signal: AbortSignal) => {
        begun.open(signal);
        return new Promise<never>(() => undefined);
      };
      const engine = scriptedEngine({
        waits: { wait: (_run, _request, signal) => hold(signal) },
        leases: { grant: (_run, _request, _caller, signal) => hold(signal) },
        events: { page: (_request, signal) => hold(signal) },
      });
      const { port } = await startServer(t, engine);
      const headers = { 'content-type': 'application/json' };
      const client = httpRequest({ port, method, path, headers, host: '127.0.0.1' });
      client.on('error', () => undefined).end(body);
      const signal = await begun.promise;
      assert.equal(signal.aborted, false);
      const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      client.destroy();
      await aborted;
    });
  }

  it('is not assumed when the answer was complete', async (t) => {
    const signals: AbortSignal[] = [];
    const engine = scriptedEngine({
      waits: {
        wait: async (_run, _request, signal) => {
          signals.push(signal);
          return {} as never;
        },
      },
    });
    const { api } = await startServer(t, engine);
    await api.get('/wait').expect(200);
    await api.get('/livez');
    assert.deepEqual(
      signals.map((signal) => signal.aborted),
      [false],
    );
  });
});

describe('recorded waits', () => {
  it('are listed and summarized, of all runs or of one', async (t) => {
    const asked: unknown[] = [];
    const engine = scriptedEngine({
      waits: {
        list: async (run, query) => {
          asked.push([run, query]);
          return { items: [], next_page: 'p2' };
        },
        summary: async (run) => {
          asked.push(run);
          return {} as never;
        },
      },
    });
    const { api } = await startServer(t, engine);
    assert.deepEqual((await api.get('/waits').expect(200)).body, { items: [], next_page: 'p2' });
    await api.get('/waits?run=r&limit=5&page=p').expect(200);
    await api.get('/waits/summary').expect(200);
    await api.get('/waits/summary?run=r').expect(200);
    assert.deepEqual(asked, [[null, { limit: 1000, page: null }], ['r', { limit: 5, page: 'p' }], null, 'r']);
  });
});
