import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import { Child } from '../support/child.js';
import { HttpClient, type Json } from '../support/http-client.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const MAIN = fileURLToPath(new URL('../../src/steplease.js', import.meta.url));

function serve(t: TestContext, args: readonly string[], env: Readonly<Record<string, string>> = {}): Child {
  return new Child(t, MAIN, ['serve', '--port', '0', ...args], env);
}

async function clientOf(child: Child): Promise<HttpClient> {
  const [, base = ''] = await child.until('stdout', /^steplease listening on (http:\/\/\S+)\n/);
  const client = new HttpClient();
  client.base = base;
  return client;
}

test('the first line on standard output says where it listens, and logs go to standard error', async (t) => {
  const root = CheckpointRoot.make(t);
  const child = serve(t, [root.path, '--db', join(temporaryFolder(t), 'db')]);
  const client = await clientOf(child);
  assert.match(client.base, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal((await client.ok(client.get('/steps'))).run, 'default');
  await child.until('stderr', /"route":"\/steps"/);
  assert.equal(child.stdout.split('\n').length, 2);
  child.kill('SIGTERM');
  assert.equal(await child.exit(), 0);
});

test('waiters are answered 503 shutting_down on SIGTERM, and the exit code is 0', async (t) => {
  const root = CheckpointRoot.make(t);
  const child = serve(t, [root.path, '--db', join(temporaryFolder(t), 'db'), '--log-level', 'debug']);
  const client = await clientOf(child);
  const waiting = Array.from({ length: 20 }, () => client.get('/wait?timeout=60'));
  // Anchored, and with one way only to match: it is tried after every line.
  await child.until('stderr', /^(?:(?:(?!wait started)[\s\S])*wait started){20}/);
  child.kill('SIGTERM');
  for (const wait of waiting) await client.problem(wait, 503, 'shutting_down');
  assert.equal(await child.exit(), 0);
});

test('lease ids never appear in the logs', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(1);
  const child = serve(t, [root.path, '--db', join(temporaryFolder(t), 'db'), '--log-level', 'trace']);
  const client = await clientOf(child);
  const { id } = await client.ok(client.post('/leases', { step: 1 }), 201);
  await client.ok(client.post(`/leases/${id}/renew`));
  await client.ok(client.delete(`/leases/${id}`), 204);
  await client.problem(client.post(`/leases/${id}/renew`), 410, 'lease_released');
  child.kill('SIGTERM');
  await child.exit();
  assert.match(child.stderr, /lease released/);
  assert.ok(!child.stderr.includes(id.slice(3)));
});

test('a second server on the same database says so and exits 2, also after the first was killed it may start', async (t) => {
  const root = CheckpointRoot.make(t);
  const db = join(temporaryFolder(t), 'db');
  const first = serve(t, [root.path, '--db', db]);
  await clientOf(first);
  const second = serve(t, [root.path, '--db', db]);
  assert.equal(await second.exit(), 2);
  assert.ok(second.stderr.includes(db), second.stderr);
  first.kill('SIGKILL');
  await first.exit();
  await clientOf(serve(t, [root.path, '--db', db]));
});

test('a port that is taken is named, and the exit code is 2', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? String(address.port) : '';
  const child = serve(t, ['--db', join(temporaryFolder(t), 'db'), '--port', port]);
  assert.equal(await child.exit(), 2);
  assert.match(child.stderr, new RegExp(`port ${port} .* is taken`));
});

for (const [args, message] of [
  [['--no-such-flag'], /no-such-flag/],
  [['--port', 'many'], /port.*many|many.*port/],
  [['--host', '0.0.0.0'], /not a loopback address/],
  [['--run', 'nonsense'], /NAME=DIR/],
  [['--run', 'Bad=/tmp'], /Bad/],
  [['--step-prefix', 'x'], /DIR/],
  [['--allow-root'], /allow-root/],
  [['--max-wait', 'long'], /max-wait.*long|long.*max-wait/],
  [['one', 'two'], /argument/],
  [['--config', '/no/such/file.yaml'], /no\/such\/file/],
  [['--db', '/no/such/directory/db'], /no\/such\/directory/],
] as const) {
  test(`serve ${args.join(' ')} exits 2 and says why`, async (t) => {
    const child = serve(t, ['--db', join(temporaryFolder(t), 'db'), ...args]);
    assert.equal(await child.exit(), 2);
    assert.match(child.stderr, message);
    assert.equal(child.stdout, '');
  });
}

test('a file that is no database is refused with exit 2, and left as it is', async (t) => {
  const db = join(temporaryFolder(t), 'db');
  writeFileSync(db, 'precious notes '.repeat(100));
  const child = serve(t, ['--db', db]);
  assert.equal(await child.exit(), 2);
  assert.ok(child.stderr.includes(db));
});

test('without DIR the stored runs are watched, and the name options are those of DIR', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(0, { name: 'ckpt_00000012' });
  const db = join(temporaryFolder(t), 'db');
  const options = ['--step-prefix', 'ckpt', '--step-format-fixed-length', '8'];
  const first = serve(t, [root.path, '--db', db, ...options]);
  const client = await clientOf(first);
  assert.equal((await client.ok(client.get('/steps/latest'))).step, 12);
  first.kill('SIGINT');
  assert.equal(await first.exit(), 0);
  const again = await clientOf(serve(t, ['--db', db]));
  assert.equal((await again.ok(again.get('/wait?until=12'))).step, 12);
});

test('every line of the log is JSON, on standard error', async (t) => {
  const root = CheckpointRoot.make(t);
  const child = serve(t, [root.path, '--db', join(temporaryFolder(t), 'db')]);
  const client = await clientOf(child);
  await client.get('/steps');
  child.kill('SIGTERM');
  assert.equal(await child.exit(), 0);
  const lines = child.stderr.trimEnd().split('\n');
  assert.ok(lines.length > 1);
  for (const line of lines) assert.ok(JSON.parse(line).level > 0, line);
});

test('--config FILE gives the runs, and a flag wins over it', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(5);
  const file = join(temporaryFolder(t), 'config.yaml');
  writeFileSync(file, `run:\n  - name: filed\n    directory: ${root.path}\nmax_wait: 7s\n`);
  const child = serve(t, ['--config', file, '--max-wait', '20ms', '--db', join(temporaryFolder(t), 'db')]);
  const client = await clientOf(child);
  assert.equal((await client.ok(client.get('/steps/latest'))).run, 'filed');
  assert.equal((await client.ok(client.get('/wait?until=6&timeout=10'))).reason, 'max_wait');
});

test('several runs of the command line are watched at once, beside DIR', async (t) => {
  const roots = [1, 2, 3].map(() => CheckpointRoot.make(t));
  const [main, one, two] = roots.map(({ path }) => path);
  const args = [`${main}`, '--run', `one=${one}`, '--run', `two=${two}`];
  const client = await clientOf(serve(t, [...args, '--db', join(temporaryFolder(t), 'db')]));
  const { items } = await client.ok(client.get('/runs'));
  assert.deepEqual(
    items.map(({ name, directory }: Json) => [name, directory]),
    [
      ['default', main],
      ['one', one],
      ['two', two],
    ],
  );
});

test('a directory that does not exist yet is waited for, one that is a file is told of: both start', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'file'), '');
  const runs = ['--run', `later=${join(folder, 'later')}`, '--run', `file=${join(folder, 'file')}`];
  const client = await clientOf(serve(t, [...runs, '--db', join(folder, 'db')]));
  const { items } = await client.ok(client.get('/runs'));
  assert.deepEqual(
    items.map(({ name, state }: Json) => `${name} ${state}`),
    ['file unavailable', 'later waiting_for_directory'],
  );
});

test('two runs of one directory are refused with exit 2, also by way of a link', async (t) => {
  const root = CheckpointRoot.make(t);
  const link = join(temporaryFolder(t), 'link');
  symlinkSync(root.path, link);
  for (const second of [root.path, link]) {
    const child = serve(t, [root.path, '--run', `b=${second}`, '--db', join(temporaryFolder(t), 'db')]);
    assert.equal(await child.exit(), 2);
    assert.match(child.stderr, /default/);
    assert.equal(child.stdout, '');
  }
});

test('another host than a loopback address is taken with --insecure-no-auth', async (t) => {
  const child = serve(t, ['--host', '0.0.0.0', '--insecure-no-auth', '--db', join(temporaryFolder(t), 'db')]);
  await child.until('stdout', /^steplease listening on http:\/\/0\.0\.0\.0:\d+\n/);
});

test('settings come from the environment, too, and a bad one exits 2 and names the variable', async (t) => {
  const root = CheckpointRoot.make(t);
  const db = join(temporaryFolder(t), 'db');
  const client = await clientOf(serve(t, [root.path], { STEPLEASE_DB: db }));
  await client.ok(client.get('/readyz'));
  const child = serve(t, [], { STEPLEASE_MAX_WAIT: 'long', STEPLEASE_DB: `${db}2` });
  assert.equal(await child.exit(), 2);
  assert.match(child.stderr, /STEPLEASE_MAX_WAIT/);
});

test("package.json's bin is the entry: a script for node", () => {
  const root = new URL('../../../', import.meta.url);
  const { bin } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  const entry = new URL(bin.steplease, root);
  assert.equal(fileURLToPath(entry), MAIN);
  assert.match(readFileSync(entry, 'utf8'), /^#!\/usr\/bin\/env node\n/);
});
