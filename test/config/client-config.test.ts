import assert from 'node:assert/strict';
import test from 'node:test';
import { loadClientConfig } from '../../src/config/client-config.js';
import { loadConfig } from '../../src/config/config.js';
import { ConfigError } from '../../src/config/config-error.js';

test('without anything it is the server of this machine, no token, and its only run', () => {
  assert.deepEqual(loadClientConfig({}, {}), {
    server: 'http://127.0.0.1:7878',
    token: null,
    tokenOrigin: null,
    run: null,
  });
});

test('flags win over variables', () => {
  const variables = { STEPLEASE_URL: 'http://a', STEPLEASE_TOKEN: 'b', STEPLEASE_RUN: 'c' };

  assert.deepEqual(loadClientConfig({}, variables), {
    server: 'http://a',
    token: 'b',
    tokenOrigin: 'STEPLEASE_TOKEN',
    run: 'c',
  });
  assert.deepEqual(loadClientConfig({ server: 'https://x/steplease/', token: 'y', run: 'z' }, variables), {
    server: 'https://x/steplease',
    token: 'y',
    tokenOrigin: '--token',
    run: 'z',
  });
});

test('runs that are listed for serve name none to a client', () => {
  assert.equal(loadClientConfig({}, { STEPLEASE_RUN: 'a=/ckpts/a:b=/ckpts/b' }).run, null);
});

for (const [given, server] of [
  ['localhost:7878', 'http://localhost:7878'],
  ['10.0.0.7:80', 'http://10.0.0.7'],
  ['[::1]:7878', 'http://[::1]:7878'],
] as const) {
  test(`${given} without a scheme is ${server}`, () => {
    assert.equal(loadClientConfig({ server: given }, {}).server, server);
    assert.equal(loadClientConfig({}, { STEPLEASE_URL: given }).server, server);
  });
}

for (const server of [
  '7878',
  ':7878',
  'localhost',
  'user:password@a:1',
  'ftp://a',
  'http://user:password@a',
  'http://a/?b',
  'http://a/#b',
]) {
  test(`${server} is no server`, () => {
    assert.throws(() => loadClientConfig({ server }, {}), ConfigError);
  });
}

test('a token that could not stand in a header is refused without being shown', () => {
  const isDiscreet = (error: Error): boolean =>
    error instanceof ConfigError && !error.message.includes('secret');

  assert.throws(() => loadClientConfig({ token: 'secret\nx: y' }, {}), isDiscreet);
});

test('serve does not mind the variables of clients', () => {
  const environment = { STEPLEASE_URL: 'http://a', STEPLEASE_TOKEN: 'b', STEPLEASE_LEASE_ID: 'ls_1' };

  assert.doesNotThrow(() => loadConfig({}, { environment }));
});
