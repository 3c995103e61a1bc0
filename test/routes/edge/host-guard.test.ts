import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { scriptedEngine } from '../support/scripted-engine.js';
import { startServer } from '../support/test-server.js';

describe('the Host header', () => {
  const settings = { host: 'ckpt.internal', allowedHosts: ['proxy.example', 'exact.example:8443'] };
  const welcome = [
    'localhost',
    'LOCALHOST:1',
    '127.0.0.1:7878',
    '[::1]:7878',
    'ckpt.internal:7878',
    'proxy.example',
    'exact.example:8443',
  ];
  for (const host of welcome) {
    it(`is welcome as ${host}`, async (t) => {
      const { api } = await startServer(t, scriptedEngine(), settings);
      await api.get('/livez').set('Host', host).expect(200);
    });
  }

  const foreign = [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.2',
    'exact.example',
    'localhost:x',
    'a@localhost',
    '',
  ];
  for (const host of foreign) {
    it(`is 421 host_unknown as ${JSON.stringify(host)}`, async (t) => {
      const { api } = await startServer(t, scriptedEngine(), settings);
      for (const path of ['/livez', '/docs', '/nothing', '/runs/%zz']) {
        const { body } = await api.get(path).set('Host', host).expect(421);
        assert.equal(body.code, 'host_unknown');
      }
    });
  }

  it('names a bound IPv6 address in brackets', async (t) => {
    const { api } = await startServer(t, scriptedEngine(), { host: 'fd00::7' });
    await api.get('/livez').set('Host', '[fd00::7]:7878').expect(200);
  });
});

describe('the Host header of a server that listens on every address', () => {
  for (const host of ['0.0.0.0', '::'])
    it(`may be any address, and no other name, when ${host} is bound`, async (t) => {
      const { api } = await startServer(t, scriptedEngine(), { host });
      for (const address of ['192.0.2.7:7878', '[2001:db8::7]:7878', '10.0.0.1'])
        await api.get('/livez').set('Host', address).expect(200);
      for (const name of ['evil.example', '192.0.2.7.evil.example', '[zz]'])
        await api.get('/livez').set('Host', name).expect(421);
    });
});

describe('the Origin header', () => {
  it("may be the server's own or an allowed one", async (t) => {
    const { api, url } = await startServer(t, scriptedEngine(), { allowedOrigins: ['https://dash.example'] });
    await api.get('/livez').set('Origin', url).expect(200);
    await api.get('/livez').set('Origin', 'https://dash.example').expect(200);
  });

  for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1', 'http://localhost:1', '']) {
    it(`is 403 origin_forbidden as ${JSON.stringify(origin)}, on pages too`, async (t) => {
      const { api } = await startServer(t, scriptedEngine());
      for (const path of ['/livez', '/docs', '/docs/static/swagger-ui.css', '/steps']) {
        const { body } = await api.get(path).set('Origin', origin).expect(403);
        assert.equal(body.code, 'origin_forbidden');
      }
    });
  }

  it('refuses a WebSocket handshake of a foreign page or host, with a request id', async (t) => {
    const { port } = await startServer(t, scriptedEngine());
    for (const [headers, status] of [
      [{ Origin: 'http://evil.example' }, 403],
      [{ Host: 'evil.example' }, 421],
    ] as const) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/events`, { headers });
      const answer = await new Promise<{ statusCode?: number | undefined; headers: object }>((resolve) => {
        socket.on('unexpected-response', (_request, response) => resolve(response));
      });
      assert.equal(answer.statusCode, status);
      assert.ok('x-request-id' in answer.headers);
      socket.on('error', () => undefined).terminate();
    }
  });
});
