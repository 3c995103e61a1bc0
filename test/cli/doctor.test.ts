import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { checkDatabasePlace, checkKernel, checkRuntime } from '../../src/cli/doctor/check-machine.js';
import { checkRoot } from '../../src/cli/doctor/check-root.js';
import type { Finding } from '../../src/cli/doctor/finding.js';
import type { Machine } from '../../src/cli/doctor/machine.js';
import type { FileSystem, Located } from '../../src/engine/file-system.js';
import { Stage } from '../contract/support/stage.js';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import { deadOrigin, runCommand } from './command-line.js';

const LOCAL: Located = { realPath: '/d', errno: null, medium: 'local', filesystem: 'ext4', gcsfuse: false };
const NFS: Located = { ...LOCAL, medium: 'network', filesystem: 'nfs4' };

function machineWith(settings: Readonly<Record<string, string>>): Machine {
  return {
    openFiles: () => assert.fail('no file is looked at'),
    sqlite: async () => {
      throw new Error('there is none for this Node');
    },
    kernelSetting: (path) => settings[path] ?? null,
  };
}

function verdicts(findings: readonly Finding[]): Readonly<Record<string, string>> {
  return Object.fromEntries(findings.map(({ about, verdict }) => [about, verdict]));
}

test('doctor finds nothing bad where tests run, and says how a root would be watched and linked', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(1);

  const child = runCommand(t, '', ['doctor', '--offline', '--json', root.path]);

  assert.equal(await child.exit(), 0, child.stdout);
  const { findings }: { findings: Finding[] } = JSON.parse(child.stdout);
  assert.deepEqual(
    findings.filter(({ about }) => about.startsWith(root.path)).map(({ verdict }) => verdict),
    ['good', 'good'],
  );
});

test('doctor names the options for directories that no run would take for steps', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(100, { name: 'step-100' });

  const child = runCommand(t, '', ['doctor', '--offline', '--json', root.path]);

  assert.equal(await child.exit(), 0, child.stdout);
  const { findings }: { findings: Finding[] } = JSON.parse(child.stdout);
  const found = findings.find(({ about }) => about === `${root.path}: names`);
  assert.equal(found?.verdict, 'warning');
  assert.match(found.detail, /^1 directory looks like step-N: .*step_prefix "step" and step_separator "-"/);
});

test('doctor names other groups beside steps, and plain files that look like steps', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(100);
  root.save(500, { name: 'checkpoint-500' });
  writeFileSync(root.at('checkpoint_10'), '');

  const child = runCommand(t, '', ['doctor', '--offline', '--json', root.path]);

  assert.equal(await child.exit(), 0, child.stdout);
  const { findings }: { findings: Finding[] } = JSON.parse(child.stdout);
  const [group, files] = findings.filter(({ about }) => about === `${root.path}: names`);
  assert.match(group?.detail ?? '', /^1 directory looks like checkpoint-N/);
  assert.match(files?.detail ?? '', /^1 plain file looks like checkpoint_N: .*directories only/);
});

test('doctor looks at the server, its clock, its runs, and whether there is a token', async (t) => {
  const stage = await Stage.set(t);

  const child = runCommand(t, stage.origin, ['doctor'], { STEPLEASE_TOKEN: 'secret' });

  assert.equal(await child.exit(), 0, child.stdout);
  assert.match(child.stdout, /^good\tserver: http:\S+ is steplease \d/m);
  assert.match(child.stdout, /^good\tclock: the same/m);
  assert.match(child.stdout, /^good\ttoken: one is set, and sent$/m);
  assert.match(child.stdout, /^good\treadiness: /m);
  assert.match(child.stdout, /^good\trun r: watching, by events$/m);
  assert.doesNotMatch(child.stdout, /secret/);
});

test('a server that does not answer is bad: exit 1', async (t) => {
  const child = runCommand(t, await deadOrigin(), ['doctor']);

  assert.equal(await child.exit(), 1);
  assert.match(child.stdout, /^bad\tserver: no answer from/m);
});

test('a database belongs on a local filesystem, in a directory that is there', () => {
  const judge = (place: Located): string => checkDatabasePlace('/d/steplease.db', place).verdict;

  assert.equal(judge(LOCAL), 'good');
  assert.equal(judge(NFS), 'bad');
  assert.equal(judge({ ...LOCAL, realPath: null, errno: 'ENOENT' }), 'bad');
});

test('low or unknown inotify limits are a warning', () => {
  const low = machineWith({ 'fs/inotify/max_user_instances': '12', 'fs/inotify/max_user_watches': '9000' });

  assert.equal(verdicts(checkKernel(low))['fs.inotify.max_user_instances'], 'warning');
  assert.equal(verdicts(checkKernel(low))['fs.inotify.max_user_watches'], 'good');
  assert.equal(verdicts(checkKernel(machineWith({})))['fs.inotify.max_user_watches'], 'warning');
});

test('an SQLite library that cannot be loaded is bad, and does not end the examination', async () => {
  assert.equal(verdicts(await checkRuntime(machineWith({})))['SQLite'], 'bad');
});

test('a root on a network filesystem is polled', async () => {
  // Only these calls are made on a root without directories.
  const files = {
    locate: async () => NFS,
    list: async () => ({ outcome: 'unchanged', realPath: '/d' }),
    inspect: async () => [],
  } as unknown as FileSystem;

  const [watch, links] = await checkRoot(files, join('/', 'd'));

  assert.match(watch?.detail ?? '', /^on nfs4: polled/);
  assert.equal(links?.verdict, 'warning');
});
