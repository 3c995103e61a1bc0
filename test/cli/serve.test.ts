import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import type { Child } from '../support/child.js';
import { runFake } from './run-fake.js';

const LISTENING = /^steplease listening on (http:\/\/\S+)\n/;

async function serving(t: TestContext, trouble = ''): Promise<{ child: Child; url: string }> {
  const child = runFake(t, ['serve', '--port', '0', '--log-format', 'json'], trouble);
  const [, url = ''] = await child.until('stdout', LISTENING);
  return { child, url };
}

test('the first line on standard output says where it listens, logs go to standard error', async (t) => {
  const { child, url } = await serving(t);

  assert.match(child.stdout, /^steplease listening on http:\/\/127\.0\.0\.1:\d+\n$/);
  assert.equal(await (await fetch(url)).text(), 'ok');
  await child.until('stderr', /^\{.*"msg":"starting"\}$/m);
});

test('an IPv6 address is announced in brackets', async (t) => {
  const child = runFake(t, ['serve', '--host', '::1', '--port', '0']);

  await child.until('stdout', /^steplease listening on http:\/\/\[::1\]:\d+\n/);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} answers who waits, and exits 0`, async (t) => {
    const { child, url } = await serving(t);
    const answer = fetch(`${url}/wait`);
    await child.until('stderr', /a request waits/);

    child.kill(signal);

    assert.equal((await answer).status, 503);
    assert.equal(await child.exit(), 0);
    assert.match(child.stderr, /"signal":"SIG(TERM|INT)","msg":"stopping"/);
  });
}

test('a signal during the start ends it without listening', async (t) => {
  const child = runFake(t, ['serve', '--port', '0'], 'slow start');
  await child.until('stderr', /starting/);

  child.kill('SIGTERM');

  assert.equal(await child.exit(), 0);
  assert.equal(child.stdout, '');
});

test('a second signal exits at once', async (t) => {
  const { child } = await serving(t, 'stuck drain');
  child.kill('SIGTERM');
  await child.until('stderr', /"msg":"stopping"/);

  child.kill('SIGTERM');

  assert.equal(await child.exit(), 1);
});

test('draining that gets stuck ends in bounded time, with exit 1 and a word about it', async (t) => {
  const { child } = await serving(t, 'stuck drain');

  child.kill('SIGTERM');

  assert.equal(await child.exit(), 1);
  assert.match(child.stderr, /could not close in time/);
});

test('an error that nobody caught is logged, who waits is answered, the exit code is 1', async (t) => {
  const { child, url } = await serving(t);
  const answer = fetch(`${url}/wait`);
  await child.until('stderr', /a request waits/);

  fetch(`${url}/throw`).catch(() => {});

  assert.equal((await answer).status, 503);
  assert.equal(await child.exit(), 1);
  assert.match(child.stderr, /nobody catches this.*error that nobody caught/);
});

test('a reader that closed standard output does not end it', async (t) => {
  const child = runFake(t, ['serve', '--port', '0']);
  child.process.stdout?.destroy();
  const [, port] = await child.until('stderr', /bound (\d+)\n/);

  assert.equal(await (await fetch(`http://127.0.0.1:${port}`)).text(), 'ok');
  child.kill('SIGTERM');
  assert.equal(await child.exit(), 0);
});

test('a port that is taken is named, exit 2', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;

  const child = runFake(t, ['serve', '--port', String(port)]);

  assert.equal(await child.exit(), 2);
  assert.match(
    child.stderr,
    new RegExp(`^steplease: port ${port} of 127\\.0\\.0\\.1 is taken; .*--port`, 'm'),
  );
});

test('an address that is not of this machine is named, exit 2', async (t) => {
  const child = runFake(t, ['serve', '--host', '192.0.2.1', '--insecure-no-auth', '--port', '0']);

  assert.equal(await child.exit(), 2);
  assert.match(child.stderr, /^steplease: 192\.0\.2\.1 is not an address of this machine/m);
});

test('a database that another server owns is named, exit 2', async (t) => {
  const child = runFake(t, ['serve', '--port', '0'], 'database in use');

  assert.equal(await child.exit(), 2);
  assert.match(child.stderr, /^steplease: database x\.db is in use by process 7$/m);
});

test('an unforeseen error at the start is shown with its stack, exit 1', async (t) => {
  const child = runFake(t, ['serve', '--port', '0'], 'unforeseen at start');

  assert.equal(await child.exit(), 1);
  assert.match(child.stderr, /^steplease: Error: unforeseen\n {4}at /m);
});
