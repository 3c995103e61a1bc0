import assert from 'node:assert/strict';
import test from 'node:test';
import { exposureOf } from '../../src/config/exposure.js';

const OPEN = false;
const CLOSED = true;
const plain = { host: '0.0.0.0', insecureNoAuth: false, tlsCert: null };

for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '::1']) {
  test(`${host} is for this machine alone: nothing is to be said of it`, () => {
    for (const isClosed of [OPEN, CLOSED])
      assert.deepEqual(exposureOf({ ...plain, host }, isClosed), { refusal: null, warnings: [] });
  });
}

for (const host of ['0.0.0.0', '::', '10.0.0.7', '127.evil.example', 'server.example']) {
  test(`${host} is refused while everybody would be admin, and the message says how to mean it`, () => {
    const { refusal } = exposureOf({ ...plain, host }, OPEN);

    assert.match(refusal ?? '', /^--host: .* is not a loopback address.*--insecure-no-auth/);
  });
}

test('with insecure_no_auth it is allowed, and warned of at every start', () => {
  const { refusal, warnings } = exposureOf({ ...plain, insecureNoAuth: true }, OPEN);

  assert.equal(refusal, null);
  assert.match(warnings.join(), /^everybody who reaches 0\.0\.0\.0 is admin/);
});

test('once requests need a token it is allowed, and warned of without TLS', () => {
  const { refusal, warnings } = exposureOf(plain, CLOSED);

  assert.equal(refusal, null);
  assert.match(warnings.join(), /in the clear.*--tls-cert/);
});

test('with tokens and TLS there is nothing to say', () => {
  assert.deepEqual(exposureOf({ ...plain, tlsCert: '/c.pem' }, CLOSED), { refusal: null, warnings: [] });
});
