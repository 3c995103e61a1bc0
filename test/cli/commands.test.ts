import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import test from 'node:test';
import { SETTINGS } from '../../src/config/settings.js';
import { runFake } from './run-fake.js';

const BAD_ARGUMENTS: readonly (readonly string[])[] = [
  [],
  ['dance'],
  ['serve', '--dance'],
  ['serve', 'a', 'b'],
  ['serve', '--port'],
  ['serve', '--port', 'x'],
  ['serve', '--config', '/nonexistent.yaml'],
  ['serve', '--step-prefix', 'p'],
  ['config'],
  ['migrate', '--port', '1'],
];

for (const args of BAD_ARGUMENTS) {
  test(`steplease ${args.join(' ')}: a message on standard error, exit 2`, async (t) => {
    const child = runFake(t, args);

    assert.equal(await child.exit(), 2);
    assert.equal(child.stdout, '');
    assert.notEqual(child.stderr, '');
  });
}

test('--version prints the version of the package', async (t) => {
  const child = runFake(t, ['--version']);

  assert.equal(await child.exit(), 0);
  const manifest: { version: string } = createRequire(import.meta.url)('../../../package.json');
  assert.equal(child.stdout, `${manifest.version}\n`);
});

test('serve --help shows each flag with its default and its variable', async (t) => {
  const child = runFake(t, ['serve', '--help']);

  assert.equal(await child.exit(), 0);
  const help = child.stdout.replace(/\s+/g, ' ');
  assert.match(
    help,
    /--port <N> Port to listen on; 0 takes a free one\. \(default 7878\) \(variable STEPLEASE_PORT\)/,
  );
  assert.match(help, /--run <NAME=DIR>/);
  assert.match(help, /serve \[options\] \[DIR\]/);
});

test('migrate says from where to where', async (t) => {
  const child = runFake(t, ['migrate', '--db', 'x.db']);

  assert.equal(await child.exit(), 0);
  assert.equal(child.stdout, 'schema (none) -> 0002_more\n');
});

test('migrate says when there is nothing to do', async (t) => {
  const child = runFake(t, ['migrate'], 'current');

  assert.equal(await child.exit(), 0);
  assert.equal(child.stdout, 'schema 0002_more: nothing to do\n');
});

test('migrate leaves a database that a server owns alone, exit 2', async (t) => {
  const child = runFake(t, ['migrate', '--db', '/x.db'], 'database in use');

  assert.equal(await child.exit(), 2);
  assert.equal(child.stderr, 'steplease: database /x.db is in use by process 7\n');
});

test('config explain --json says of each setting where its value comes from', async (t) => {
  const child = runFake(t, ['config', 'explain', '--json', '/ckpts', '--max-wait', '5m']);

  assert.equal(await child.exit(), 0);
  const settings: { name: string }[] = JSON.parse(child.stdout);
  assert.deepEqual(
    settings.find(({ name }) => name === 'max_wait'),
    {
      name: 'max_wait',
      value: 300,
      source: 'flag',
      origin: '--max-wait',
      description: 'Maximum time that one request may wait.',
      flag: '--max-wait',
      variable: 'STEPLEASE_MAX_WAIT',
    },
  );
  assert.equal(settings.length, Object.keys(SETTINGS).length);
});

test('config explain is readable', async (t) => {
  const child = runFake(t, ['config', 'explain', '/ckpts']);

  assert.equal(await child.exit(), 0);
  assert.match(
    child.stdout,
    /^port = 7878 {2}\(default\)\n {4}Port to listen on.*\n {4}--port, STEPLEASE_PORT$/m,
  );
  assert.match(child.stdout, /^directory = \/ckpts {2}\(DIR\)$/m);
  assert.match(child.stdout, /^step_prefix = \(not set\) {2}\(default\)$/m);
});

test('config explain --example prints a file, whatever else is set', async (t) => {
  const child = runFake(t, ['config', 'explain', '--example']);

  assert.equal(await child.exit(), 0);
  assert.match(child.stdout, /^# Settings of steplease/);
  assert.match(child.stdout, /^port: 7878$/m);
});
