import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test, { type TestContext } from 'node:test';
import { Stage } from '../contract/support/stage.js';
import { Child } from '../support/child.js';
import { MAIN } from '../support/server-child.js';
import { patient } from './command-line.js';

const noScript =
  spawnSync('script', ['--version']).status === 0 ? false : 'script(1) of util-linux is missing';

/** On a terminal of its own, which `script` makes, with no shell left between them: some of those die of the SIGINT of a command that did not. */
function onTerminal(t: TestContext, command: string, env: Readonly<Record<string, string>>): Child {
  const line = `exec "${process.execPath}" "${MAIN}" ${command}`;
  return new Child(
    t,
    '--quiet',
    ['--return', '--command', line, '/dev/null'],
    { TERM: 'xterm', ...env },
    'script',
  );
}

test('on a terminal there are tables, with a header and aligned columns', { skip: noScript }, async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  await stage.save(1_000);

  const child = onTerminal(t, 'steps', { STEPLEASE_URL: stage.origin, NO_COLOR: '' });

  assert.equal(await child.exit(), 0, child.stdout);
  const [header = '', first = '', second = ''] = child.stdout.split('\r\n');
  assert.match(header, /^.\[1mSTEP {2}STATE .*PATH.\[0m$/);
  assert.match(first, /^ {3}7 {2}finalized {2}/);
  assert.match(second, /^1000 {2}finalized {2}/);
});

test('NO_COLOR: the same without colours', { skip: noScript }, async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);

  const child = onTerminal(t, 'steps', { STEPLEASE_URL: stage.origin, NO_COLOR: '1' });

  assert.equal(await child.exit(), 0, child.stdout);
  assert.match(child.stdout, /^STEP {2}STATE/);
  assert.equal(child.stdout.includes('\u001b'), false);
});

test('exec on a terminal leaves SIGINT to it: the command is interrupted once', {
  skip: noScript,
}, async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  const command = patient('SIGINT=').join(' ');
  const child = onTerminal(t, `exec -- ${command}`, { STEPLEASE_URL: stage.origin });
  await child.until('stdout', /running/);

  child.process.stdin?.write('\u0003');

  await child.until('stdout', /got SIGINT/);
  child.process.stdin?.write('\u0004');
  assert.equal(await child.exit(), 0, child.stdout);
  assert.equal(child.stdout.split('got SIGINT').length, 2);
});
