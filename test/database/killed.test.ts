import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import test from 'node:test';
import { databaseCare } from '../../src/database-care.js';
import { runCommand } from '../cli/command-line.js';
import { eventually } from '../support/eventually.js';
import { LivedDatabase } from './lived-database.js';

type Sign = (lived: LivedDatabase) => boolean;

/** What is seen on the disk when a command has come so far. */
const SIGNS: Readonly<Record<string, Sign>> = {
  'the new database is being made': ({ file }) => existsSync(`${file}.rebuilding`),
  'the old file has another name': ({ file }) =>
    readdirSync(dirname(file)).some((name) => name.startsWith(`${basename(file)}.replaced-`)),
  'the mark is replaced': ({ root, mark }) => readFileSync(root.at('_STEPLEASE/owner.json'), 'utf8') !== mark,
};

for (const verb of ['rebuild', 'adopt'] as const)
  for (const [moment, isSo] of Object.entries(SIGNS)) {
    if (verb === 'adopt' && moment !== 'the mark is replaced') continue;
    test(`killed when ${moment}, ${verb} succeeds the next time`, async (t) => {
      const lived = await LivedDatabase.make(t);
      if (verb === 'rebuild') writeFileSync(lived.file, readFileSync(lived.file).fill(0x5a, 4096, 60_000));
      const file = verb === 'rebuild' ? lived.file : `${lived.file}.other`;
      const child = runCommand(t, '', ['db', verb, lived.root.path, '--db', file, '--owner-is-gone']);
      let hasEnded = false;
      child.process.once('exit', () => {
        hasEnded = true;
      });
      assert.ok(await eventually(() => hasEnded || isSo(lived)));
      child.kill('SIGKILL');
      await child.exit();

      const again = await lived.rescue(verb, { file, roots: [lived.root.path], isOwnerGone: true });

      assert.equal(again.directories.length, 1);
      assert.ok(existsSync(lived.path));
      const bad = (await databaseCare.check(file)).filter(({ verdict }) => verdict === 'bad');
      assert.deepEqual(bad, []);
    });
  }

test('killed in the middle of a backup, the next one succeeds', async (t) => {
  const lived = await LivedDatabase.make(t);
  const target = `${lived.file}.backup`;
  const child = runCommand(t, '', ['db', 'backup', target, '--db', lived.file]);
  assert.ok(await eventually(() => existsSync(`${target}.partial`) || existsSync(target)));
  child.kill('SIGKILL');
  await child.exit();

  if (!existsSync(target)) await databaseCare.backUp(lived.file, target);

  const verdicts = (await databaseCare.check(target)).map(({ verdict }) => verdict);
  assert.ok(!verdicts.includes('bad'));
});
