import assert from 'node:assert/strict';
import test from 'node:test';
import { runCommand } from './command-line.js';

const CASES: readonly (readonly [string, string])[] = [
  ['dance', '"dance" is not one of the commands serve, migrate, db, config, '],
  ['consumer dance', '"dance" is not one of the commands list, show, create, '],
  ['serve --prot 1', '--prot: there is no such option'],
  ['serve --port', '--port: the value is missing'],
  ['serve a b', 'too many arguments: "b"'],
  ['steps --state x', '--state: "x" is not one of finalized, temporary, deleting, foreign, all'],
  ['consumer create c', '--mode is missing: it must be one of latest, every'],
  ['consumer create c --mode', '--mode: the value is missing: it must be one of latest, every'],
  ['consumer create c --mode x', '--mode: "x" is not one of latest, every'],
  ['wait --until x', '--until: "x" is not a step number'],
  ['wait --timeout 1hour', '--timeout: "1hour" is not a duration (30, 30s, 1.5m, 2h, 250ms)'],
  ['completion', 'SHELL is missing: it must be one of bash, zsh, fish'],
  ['completion csh', 'SHELL: "csh" is not one of bash, zsh, fish'],
  ['lease break x', 'NUMBER: "x" is not a whole number of at least 1'],
  ['lease acquire --step 1 --until 2', '--until cannot be used with --step'],
  ['exec', 'COMMAND is missing'],
];

for (const [line, message] of CASES) {
  test(`steplease ${line}: told in the form of all errors, with the choices`, async (t) => {
    const child = runCommand(t, 'http://127.0.0.1:9', line.split(' '));

    assert.equal(await child.exit(), 2);
    assert.equal(child.stdout, '');
    const [first = '', second = '', end] = child.stderr.split('\n');
    assert.ok(first.startsWith(`steplease: ${message}`), first);
    assert.match(second, /^ {2}hint: .*"steplease.* --help" says how it is used$/);
    assert.equal(end, '');
  });
}

test('what was nearly right is suggested', async (t) => {
  const child = runCommand(t, 'http://127.0.0.1:9', ['serve', '--prot', '1']);

  assert.equal(await child.exit(), 2);
  assert.match(child.stderr, / {2}hint: did you mean --port\? "steplease serve --help"/);
});

test('control characters in what was typed do not reach the terminal', async (t) => {
  const child = runCommand(t, 'http://127.0.0.1:9', ['--\u001b[31m']);

  assert.equal(await child.exit(), 2);
  assert.match(child.stderr, /^steplease: --\\u001b\[31m: there is no such option/);
});
