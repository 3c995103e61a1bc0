import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import { runCommand } from './command-line.js';

/** Refuses everything. Gives its URL, and how often it was asked. */
async function refusing(t: TestContext, status: number, code: string) {
  const asked = { times: 0 };
  const server = createServer((_request, response) => {
    asked.times += 1;
    response.writeHead(status, { 'content-type': 'application/problem+json' });
    response.end(
      JSON.stringify({
        type: 'about:blank',
        title: 'Refused',
        status,
        code,
        detail: 'it needs the scope lease',
      }),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  // A server that listens on a port has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  return { asked, url: `http://127.0.0.1:${port}` };
}

for (const [status, code] of [
  [401, 'unauthorized'],
  [403, 'forbidden'],
] as const)
  test(`${status}: exit 77 at once, with where the token came from and never the token`, async (t) => {
    const { asked, url } = await refusing(t, status, code);

    const child = runCommand(t, url, ['wait'], { STEPLEASE_TOKEN: 'slt_secret' });

    assert.equal(await child.exit(), 77, child.stderr);
    assert.match(
      child.stderr,
      /it needs the scope lease\n {2}hint: .*\n {2}token: the one of STEPLEASE_TOKEN was sent\n/,
    );
    assert.doesNotMatch(child.stderr, /slt_secret|without TLS/);
    assert.equal(asked.times, 1);
  });

test('a token is not sent without TLS to another machine before that was said', async (t) => {
  const child = runCommand(t, 'http://steplease.invalid:1', ['runs'], { STEPLEASE_TOKEN: 'slt_secret' });

  assert.equal(await child.exit(), 69);
  assert.equal(child.stderr.match(/without TLS/g)?.length, 1, child.stderr);
  assert.doesNotMatch(child.stderr, /slt_secret/);
});
