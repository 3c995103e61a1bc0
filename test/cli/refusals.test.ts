import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import test from 'node:test';
import { Stage } from '../contract/support/stage.js';
import { deadOrigin, runCommand } from './command-line.js';
import { stranger } from './stranger.js';

test('a refusal is told in lines: detail, hint, code; exit 1', async (t) => {
  const stage = await Stage.set(t);

  const child = runCommand(t, stage.origin, ['steps', '--run', 'nope']);

  assert.equal(await child.exit(), 1);
  assert.equal(child.stdout, '');
  assert.match(
    child.stderr,
    /^steplease: there is no run "nope"\n {2}hint: .+\n {2}code: run_not_found \(request \S+\)\n$/,
  );
});

for (const args of [
  ['steps', '--run', 'nope'],
  ['verify', '7'],
  ['lease', 'renew', 'ls_1'],
  ['consumer', 'show', 'nope'],
  ['consumer', 'next', 'nope'],
])
  test(`${args.join(' ')}: the hint speaks of commands, not of requests`, async (t) => {
    const stage = await Stage.set(t);

    const child = runCommand(t, stage.origin, args);

    assert.equal(await child.exit(), 1);
    assert.match(child.stderr, / {2}hint: "steplease /);
    assert.doesNotMatch(child.stderr, /GET|PUT|POST|DELETE|\?/);
  });

for (const args of [['steps'], ['wait'], ['watch'], ['exec', '--', 'true'], ['lease', 'acquire']]) {
  test(`${args.join(' ')} where no server is: exit 69 at once, and what to do`, async (t) => {
    const child = runCommand(t, await deadOrigin(), args);

    assert.equal(await child.exit(), 69);
    assert.match(
      child.stderr,
      /no answer from http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED.*; start a server with "steplease serve DIR"/,
    );
  });
}

for (const [what, answer] of [
  ['a page', '<html>hello</html>'],
  ['another document', '{"hello": "world"}'],
] as const) {
  test(`something that answers with ${what} is told as such, exit 69`, async (t) => {
    const origin = await stranger(t, (_request, response) => response.end(answer));

    const child = runCommand(t, origin, ['steps']);

    assert.equal(await child.exit(), 69);
    assert.match(child.stderr, /did not answer as steplease does: .*; check --server or STEPLEASE_URL\n$/);
  });
}

test('control characters in a refusal do not reach the terminal', async (t) => {
  const problem = { status: 400, code: 'invalid_request', detail: 'a\u001b[31mb', hint: 'c\r\u0007d' };
  const origin = await stranger(t, (_request, response) => {
    response.writeHead(400, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
  });

  const child = runCommand(t, origin, ['steps']);

  assert.equal(await child.exit(), 1);
  assert.match(child.stderr, /a\\u001b\[31mb\n {2}hint: c\\u000d\\u0007d\n/);
});

test('a token is sent as bearer token, and nothing without one', async (t) => {
  const requests: IncomingMessage[] = [];
  const origin = await stranger(t, (request, response) => {
    requests.push(request);
    response.end('{"items": [], "next_page": null}');
  });

  await runCommand(t, origin, ['steps'], { STEPLEASE_TOKEN: 'secret' }).exit();
  await runCommand(t, origin, ['steps', '--token', 'other']).exit();
  await runCommand(t, origin, ['steps']).exit();

  assert.deepEqual(
    requests.map(({ headers }) => headers.authorization),
    ['Bearer secret', 'Bearer other', undefined],
  );
});

for (const [args, env] of [
  [['steps', '--server', '7878'], {}],
  [['steps'], { STEPLEASE_URL: 'ftp://host' }],
  [['steps'], { STEPLEASE_TOKEN: 'two words' }],
  [['steps', '--min', '-1'], {}],
  [['lease', 'renew'], { STEPLEASE_LEASE_ID: '' }],
  [['lease', 'acquire', '--step', '1', '--until', '2'], {}],
  [['wait', '--until', '9007199254740992'], {}],
  [['consumer', 'create', 'c'], {}],
  [['consumer', 'ack', 'ls_1', '--result', '[1]'], {}],
  [['completion', 'csh'], {}],
  [['runs', 'put', 'r', '/ckpts', '--poll-interval', '1ms'], {}],
  [['steps', '-o', 'yaml'], {}],
] as const) {
  test(`${args.join(' ')} ${JSON.stringify(env)}: bad arguments, exit 2`, async (t) => {
    const child = runCommand(t, 'http://127.0.0.1:9', args, env);

    assert.equal(await child.exit(), 2);
    assert.notEqual(child.stderr, '');
    assert.doesNotMatch(child.stderr, /two words/);
  });
}
