import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import { Child } from '../../support/child.js';
import { ServerChild } from '../../support/server-child.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const DOCUMENT = fileURLToPath(new URL('../../../../openapi.yaml', import.meta.url));
const SETTINGS = fileURLToPath(new URL('../../../../test/scenarios/abuse/', import.meta.url));
const WITHIN_MS = 300_000;
/** Made at random for each operation and phase, beside those that try every rule of the schemas once. */
const EXAMPLES = '30';

/** Requests that fit openapi.yaml, and requests that break it: no 5xx, and no answer that the document does not describe. */
test('requests to a server with one run get documented answers', async (t) => {
  await fuzz(t, {}, []);
});

test('requests that name the run, which stays, get documented answers', async (t) => {
  const lasting = ['--exclude-operation-id', 'deleteRun', '--exclude-operation-id', 'finishRun'];
  await fuzz(t, { FUZZED_RUN: 'default' }, lasting);
});

async function fuzz(t: TestContext, env: Readonly<Record<string, string>>, args: readonly string[]) {
  const python = process.env['STEPLEASE_TEST_FUZZER'];
  assert.ok(python, 'STEPLEASE_TEST_FUZZER must name a Python with test/scenarios/abuse/requirements.txt');
  const root = CheckpointRoot.make(t);
  for (const step of [100, 200]) root.save(step);
  const folder = temporaryFolder(t);
  const server = await ServerChild.start(t, [root.path, '--db', join(folder, 'db'), '--max-wait', '300ms']);
  const { token } = await server.ok(server.post('/tokens', { name: 'fuzzer', scope: 'admin' }), 201);
  server.token = token;
  const report = join(folder, 'report.json');
  const fuzzer = new Child(
    t,
    '-m',
    [
      ...['schemathesis.cli', '--config-file', join(SETTINGS, 'schemathesis.toml')],
      ...['run', DOCUMENT, '--url', server.base, '--max-examples', EXAMPLES, '--no-color'],
      ...['--header', `Authorization: Bearer ${token}`],
      ...['--report', 'json', '--report-json-path', report, ...args],
    ],
    { SCHEMATHESIS_HOOKS: 'schemathesis_hooks', PYTHONPATH: SETTINGS, PYTHONDONTWRITEBYTECODE: '1', ...env },
    python,
  );
  const code = await fuzzer.exit(WITHIN_MS);
  assert.equal(code, 0, fuzzer.stdout.slice(-6_000) + fuzzer.stderr.slice(-2_000));
  assert.deepEqual(server.errors(), []);
  const [cases] = /\d+ generated/.exec(fuzzer.stdout) ?? ['?'];
  t.diagnostic(`${cases}, report of ${(await readFile(report)).length} bytes`);
}
