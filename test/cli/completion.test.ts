import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test, { type TestContext } from 'node:test';
import { runCommand } from './command-line.js';

/** Has bash complete what was typed so far, the last word being incomplete. */
async function complete(t: TestContext, ...words: readonly string[]): Promise<readonly string[]> {
  const printed = runCommand(t, '', ['completion', 'bash']);
  assert.equal(await printed.exit(), 0, printed.stderr);
  const script = `${printed.stdout}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { echo files; }
_steplease; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', ...words], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return stdout.split('\n').filter((line) => line !== '');
}

test('bash completes verbs, and the verbs below them', async (t) => {
  assert.deepEqual(await complete(t, 'steplease', 'le'), ['lease']);
  assert.deepEqual(await complete(t, 'steplease', 'lease', 're'), ['renew', 'release']);
  assert.deepEqual(await complete(t, 'steplease', 'runs', 'p'), ['put']);
});

test('bash completes the flags of a verb, and their values', async (t) => {
  assert.deepEqual(await complete(t, 'steplease', 'lease', 'acquire', '--un'), ['--until']);
  assert.deepEqual(await complete(t, 'steplease', 'steps', '--state', 'te'), ['temporary']);
  assert.deepEqual(await complete(t, 'steplease', 'watch', '-o', 'ta'), ['table']);
  assert.deepEqual(await complete(t, 'steplease', 'completion', ''), ['bash', 'zsh', 'fish']);
});

test('bash completes files where anything may stand, and behind --', async (t) => {
  assert.deepEqual(await complete(t, 'steplease', 'serve', ''), ['files']);
  assert.deepEqual(await complete(t, 'steplease', 'exec', '--', 'le'), ['files']);
});

for (const shell of ['zsh', 'fish']) {
  test(`the script for ${shell} knows every verb`, async (t) => {
    const child = runCommand(t, '', ['completion', shell]);

    assert.equal(await child.exit(), 0);
    for (const verb of ['serve', 'exec', 'consumer', 'break', 'nack'])
      assert.match(child.stdout, new RegExp(`\\b${verb}\\b`));
  });
}
