import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { databaseCare } from '../../src/database-care.js';
import { runCommand } from '../cli/command-line.js';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import { ServerChild } from '../support/server-child.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { LivedDatabase } from './lived-database.js';

async function verdicts(file: string): Promise<readonly string[]> {
  return (await databaseCare.check(file)).map(({ verdict, about }) => `${verdict} ${about}`);
}

async function command(t: TestContext, ...args: readonly string[]) {
  const child = runCommand(t, '', args);
  return { code: await child.exit(), stdout: child.stdout, stderr: child.stderr };
}

test('check and backup work beside a running server, and the backup is a whole database', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(1);
  const home = await temporaryDirectory(t);
  const [db, copy] = [join(home, 'steplease.db'), join(home, 'backup.db')];
  const server = await ServerChild.start(t, [root.path, '--db', db]);
  await server.ok(server.post('/leases', { step: 1 }), 201);

  const checked = await command(t, 'db', 'check', '--db', db);
  const backup = await command(t, 'db', 'backup', copy, '--db', db, '--json');

  assert.equal(checked.code, 0, checked.stdout);
  assert.match(checked.stdout, /^good\tsnapshots: rows and directories agree$/m);
  assert.equal(backup.code, 0, backup.stderr);
  const { last_event } = JSON.parse(backup.stdout);
  assert.ok(last_event > 0);
  assert.equal(statSync(copy).mode & 0o777, 0o600);
  assert.deepEqual(await verdicts(copy), await verdicts(db));
  const before = readFileSync(copy);
  const again = await command(t, 'db', 'backup', copy, '--db', db);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /exists, and is not overwritten/);
  assert.deepEqual(readFileSync(copy), before);
});

test('a backup that was cut off does not stand in the way of the next', async (t) => {
  const lived = await LivedDatabase.make(t);
  const target = `${lived.file}.backup`;
  writeFileSync(`${target}.partial`, 'half of it');

  await databaseCare.backUp(lived.file, target);

  assert.deepEqual(await verdicts(target), await verdicts(lived.file));
  assert.throws(() => statSync(`${target}.partial`), { code: 'ENOENT' });
});

test('a damaged database gives no backup', async (t) => {
  const lived = await LivedDatabase.make(t);
  const bytes = readFileSync(lived.file);
  writeFileSync(lived.file, bytes.fill(0x5a, 8192, 40_000));
  const target = `${lived.file}.backup`;

  await assert.rejects(databaseCare.backUp(lived.file, target), { name: 'StorageError', kind: 'corrupt' });

  assert.throws(() => statSync(target), { code: 'ENOENT' });
});

test('what the rows promise and the disk does not have is bad, with exit 1', async (t) => {
  const lived = await LivedDatabase.make(t);
  rmSync(lived.path, { recursive: true });

  const { code, stdout } = await command(t, 'db', 'check', '--db', lived.file);

  assert.equal(code, 1);
  assert.ok(
    stdout.includes(`bad\t${lived.path}: the database says that a snapshot is there, and it is not`),
    stdout,
  );
});

test('what no row knows is a warning; a number that was never given is bad', async (t) => {
  const lived = await LivedDatabase.make(t);
  const at = (name: string) => lived.root.at('_STEPLEASE', name);
  writeFileSync(at('.tmp-1'), '');
  writeFileSync(at('1-2-3.99'), '');

  const found = await verdicts(lived.file);

  assert.ok(found.includes(`warning ${at('.tmp-1')}`), found.join());
  assert.ok(found.includes(`bad ${at('1-2-3.99')}`), found.join());
});

test('a directory of another database is named', async (t) => {
  const [one, other] = [await LivedDatabase.make(t), await LivedDatabase.make(t)];
  copyFileSync(other.root.at('_STEPLEASE', 'owner.json'), one.root.at('_STEPLEASE', 'owner.json'));

  const found = await databaseCare.check(one.file);

  assert.match(found.find(({ verdict }) => verdict === 'bad')?.detail ?? '', /another database .*db adopt/);
});

test('a file that is none is bad with exit 1, and one that is not there is a mistake: exit 2', async (t) => {
  const home = await temporaryDirectory(t);
  const text = join(home, 'notes.txt');
  writeFileSync(text, 'no database\n'.repeat(100));

  assert.equal((await command(t, 'db', 'check', '--db', text)).code, 1);
  assert.equal((await command(t, 'db', 'check', '--db', join(home, 'none.db'))).code, 2);
});
