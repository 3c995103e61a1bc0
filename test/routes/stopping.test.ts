import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { EngineError } from '../../src/engine/errors.js';
import { sendRaw } from './support/raw-http.js';
import { scriptedEngine } from './support/scripted-engine.js';
import { startServer } from './support/test-server.js';

describe('a server that is stopping', () => {
  it('answers everything but health checks with 503 shutting_down and closes the connection', async (t) => {
    const stopping = new AbortController();
    const { api } = await startServer(t, scriptedEngine(), { stopping: stopping.signal });
    stopping.abort();
    for (const path of ['/version', '/steps', '/docs', '/openapi.yaml', '/readyz']) {
      const answer = await api.get(path).expect(503);
      assert.equal(answer.body.code, 'shutting_down');
      assert.equal(answer.headers['retry-after'], '5');
      assert.equal(answer.headers['connection'], 'close');
    }
    await api.get('/livez').expect(200);
  });

  it('closes the connection of a wait that the engine ends', async (t) => {
    const wait = () => Promise.reject(new EngineError('shutting_down', 'the server is shutting down'));
    const { api } = await startServer(t, scriptedEngine({ waits: { wait } }));
    const answer = await api.get('/wait').expect(503);
    assert.equal(answer.headers['connection'], 'close');
  });
});

describe('a server that closes', () => {
  it('does not wait for a connection that never asked for anything', async (t) => {
    const { server, port } = await startServer(t, scriptedEngine());
    const socket = connect(port, '127.0.0.1');
    const cut = once(socket, 'close');
    await once(server.server, 'connection');
    await server.close();
    await cut;
  });

  it('does not wait for a kept-alive connection beyond the answer that is under way', async (t) => {
    let answer: () => void = () => undefined;
    const underWay = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const list = async () => {
      await underWay;
      return { items: [], next_page: null };
    };
    const { server, port } = await startServer(t, scriptedEngine({ runs: { list } }));
    const asked = once(server.server, 'request');
    const received = sendRaw(port, 'GET /runs HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await asked;

    const closed = server.close();
    while (server.server.listening) await setImmediate();
    answer();

    await closed;
    assert.match(await received, /^HTTP\/1\.1 200 OK/);
  });
});

describe('readiness', () => {
  it('is 200 once the engine is ready', async (t) => {
    const { api } = await startServer(t, scriptedEngine());
    assert.deepEqual((await api.get('/readyz').expect(200)).body, { ready: true, pending: [] });
  });

  it('is a 503 problem that lists what is missing', async (t) => {
    const pending = ['the first scan of a run is under way'];
    const { api } = await startServer(t, scriptedEngine({ readiness: () => ({ ready: false, pending }) }));
    const answer = await api.get('/readyz').expect(503);
    assert.equal(answer.body.code, 'run_unavailable');
    assert.deepEqual(answer.body.pending, pending);
    assert.equal(answer.headers['retry-after'], '5');
  });
});

describe('the version', () => {
  it('names the package, Node.js and the API', async (t) => {
    const { api } = await startServer(t, scriptedEngine());
    const { body } = await api.get('/version').expect(200);
    assert.deepEqual(body, {
      name: 'steplease',
      version: '1.2.3',
      node: process.versions.node,
      api: '1.0.0',
    });
  });
});
