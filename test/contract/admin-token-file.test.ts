import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Child } from '../support/child.js';
import { FakeClock } from '../support/fake-clock.js';
import { RunningServer } from '../support/running-server.js';
import { MAIN } from '../support/server-child.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const FIRST = 'a-token-that-was-made-elsewhere';
const SECOND = 'another-token-that-was-made-elsewhere';
const LOOK_MS = 1_000;

function secret(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
}

test('the token in the file is admin, and the server is closed to everybody else', async (t) => {
  const file = join(temporaryFolder(t), 'token');
  secret(file, `${FIRST}\n`);
  const server = await RunningServer.start(t, { flags: { admin_token_file: file } });
  await server.problem(server.get('/runs'), 401, 'unauthorized');
  server.token = FIRST;
  assert.deepEqual((await server.ok(server.get('/tokens'))).items, []);
  await server.ok(server.post('/tokens', { name: 'eval', scope: 'lease' }), 201);
});

test('a file that changes is read again, and one that became unusable leaves the last token', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'token');
  // As mounted secrets are: a link to a file in a directory that is replaced as a whole.
  const put = (name: string, text: string, mode = 0o600) => {
    mkdirSync(join(folder, name));
    secret(join(folder, name, 'token'), text);
    chmodSync(join(folder, name, 'token'), mode);
    rmSync(join(folder, 'next'), { force: true });
    symlinkSync(join(name, 'token'), join(folder, 'next'));
    renameSync(join(folder, 'next'), file);
  };
  put('one', FIRST);
  const clock = new FakeClock();
  const server = await RunningServer.start(t, { flags: { admin_token_file: file }, clock });
  const opens = async (text: string) => {
    server.token = text;
    return (await server.get('/tokens')).status === 200;
  };
  const until = async (condition: () => Promise<boolean>) => {
    while (!(await condition())) clock.advance(LOOK_MS);
  };
  assert.equal(await opens(FIRST), true);

  put('two', SECOND);
  await until(() => opens(SECOND));
  assert.equal(await opens(FIRST), false);

  const refused = server.observed.next('adminTokenFileRefused');
  put('three', 'short');
  let isRefused = false;
  refused.then(({ reason }) => {
    isRefused = true;
    assert.doesNotMatch(reason, /short\b/);
  });
  // Each answer is a turn in which the file can be looked at.
  await until(async () => (await server.get('/livez')) && isRefused);
  assert.equal(await opens(SECOND), true);
});

for (const [name, prepare, sentence] of [
  ['missing', () => undefined, /cannot be read: ENOENT/],
  ['empty', (file: string) => secret(file, '\n'), /is empty/],
  [
    'readable by others',
    (file: string) => {
      secret(file, FIRST);
      chmodSync(file, 0o640);
    },
    /can be read by others \(mode 0640\): chmod 600/,
  ],
  ['two words', (file: string) => secret(file, `${FIRST} ${SECOND}`), /more than one word/],
  ['guessable', (file: string) => secret(file, 'secret'), /less than 16 characters/],
] as const) {
  test(`a file that is ${name} at the start ends it with exit 2`, async (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'token');
    prepare(file);
    const words = ['serve', folder, '--port', '0', '--db', join(folder, 'db'), '--admin-token-file', file];
    const server = new Child(t, MAIN, words);
    assert.equal(await server.exit(), 2);
    assert.match(server.stderr, sentence);
    assert.ok(!server.stderr.includes(FIRST));
  });
}

test('a host beyond loopback is bound once a token is needed, with a warning without TLS', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'token');
  secret(file, FIRST);
  const words = ['serve', folder, '--port', '0', '--host', '0.0.0.0', '--db', join(folder, 'db')];
  const open = new Child(t, MAIN, words);
  assert.equal(await open.exit(), 2);
  assert.match(open.stderr, /0\.0\.0\.0 is not a loopback address/);
  const closed = new Child(t, MAIN, [...words, '--admin-token-file', file]);
  await closed.until('stdout', /steplease listening on http:\/\/0\.0\.0\.0:\d+/);
  assert.match(closed.stderr, /cross the network of 0\.0\.0\.0 in the clear/);
});
