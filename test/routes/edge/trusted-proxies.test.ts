import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { pino } from 'pino';
import { trustedProxies } from '../../../src/routes/edge/trusted-proxies.js';
import { scriptedEngine } from '../support/scripted-engine.js';
import { startServer } from '../support/test-server.js';

describe('a trusted proxy', () => {
  const cases: readonly [string, string, boolean][] = [
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['10.0.0.0/8', '::ffff:11.1.2.3', false],
    ['10.0.0.7', '10.0.0.7', true],
    ['10.0.0.7', '10.0.0.8', false],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['::ffff:10.0.0.7', '10.0.0.7', true],
    ['fd00::/8', 'fd12::1', true],
    ['fd00::/8', 'fe80::1', false],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['::1', '::1', true],
    ['0.0.0.0/0', '192.0.2.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['10.0.0.0/8', 'unknown', false],
    ['10.0.0.0/8', '', false],
  ];
  for (const [range, address, isTrusted] of cases) {
    it(`${range} ${isTrusted ? 'has' : 'has not'} ${JSON.stringify(address)}`, () => {
      assert.equal(trustedProxies([range])(address), isTrusted);
    });
  }

  it('is nobody without an address', () => {
    assert.equal(trustedProxies(['0.0.0.0/0'])(undefined), false);
  });
});

async function serving(t: TestContext, proxies: readonly string[]) {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
      sink.emit('line');
    },
  });
  const settings = { trustedProxies: proxies, allowedHosts: ['ckpt.example'], logger: pino({}, sink) };
  const { api } = await startServer(t, scriptedEngine(), settings);
  const clientLogged = async (): Promise<string> => {
    const line = () => lines.find((each) => each.includes('"msg":"request"'));
    while (line() === undefined) await once(sink, 'line');
    return JSON.parse(line() ?? '').client;
  };
  return { api, clientLogged };
}

describe('X-Forwarded-Host', () => {
  it('of a trusted proxy is the name that the client used', async (t) => {
    const { api } = await serving(t, ['127.0.0.0/8']);
    await api.get('/version').set('Host', 'inside:1').set('X-Forwarded-Host', 'ckpt.example').expect(200);
    const { body } = await api.get('/version').set('X-Forwarded-Host', 'evil.example').expect(421);
    assert.equal(body.code, 'host_unknown');
  });

  it('of anybody else counts for nothing', async (t) => {
    const { api } = await serving(t, ['10.0.0.0/8']);
    await api.get('/version').set('X-Forwarded-Host', 'evil.example').expect(200);
    await api.get('/version').set('Host', 'evil.example').set('X-Forwarded-Host', 'localhost').expect(421);
  });
});

describe('X-Forwarded-Proto', () => {
  const https = 'https://ckpt.example';

  it('of a trusted proxy says what the origin of the own pages is', async (t) => {
    const { api } = await serving(t, ['127.0.0.1']);
    const from = (origin: string) =>
      api.get('/version').set('Host', 'ckpt.example').set('X-Forwarded-Proto', 'https').set('Origin', origin);
    const { headers } = await from(https).expect(200);
    assert.equal(headers['strict-transport-security'], 'max-age=31536000');
    await from('http://ckpt.example').expect(403);
  });

  it('of anybody else counts for nothing', async (t) => {
    const { api } = await serving(t, []);
    const answer = await api.get('/version').set('Host', 'ckpt.example').set('X-Forwarded-Proto', 'https');
    assert.equal(answer.headers['strict-transport-security'], undefined);
    const request = api.get('/version').set('Host', 'ckpt.example').set('X-Forwarded-Proto', 'https');
    await request.set('Origin', https).expect(403);
  });
});

describe('X-Forwarded-For', () => {
  const log = async (t: TestContext, proxies: readonly string[], value: string): Promise<string> => {
    const { api, clientLogged } = await serving(t, proxies);
    await api.get('/version').set('X-Forwarded-For', value).expect(200);
    return clientLogged();
  };

  it('of a trusted proxy names the client that is logged: the last address that is no trusted proxy', async (t) => {
    const chain = '203.0.113.9, 198.51.100.7, 10.0.0.2';
    assert.equal(await log(t, ['127.0.0.1', '10.0.0.0/8'], chain), '198.51.100.7');
  });

  it('of anybody else counts for nothing, and what is no address is not logged', async (t) => {
    assert.equal(await log(t, ['10.0.0.0/8'], '203.0.113.9'), '127.0.0.1');
    assert.equal(await log(t, [], '203.0.113.9'), '127.0.0.1');
    assert.equal(await log(t, ['127.0.0.1'], '"><script>'), '127.0.0.1');
  });
});
