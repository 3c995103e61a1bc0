import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DirectoryHandle } from '../../../src/adapters/filesystem/directory-handle.js';
import { findVanished } from '../../../src/adapters/filesystem/find-change.js';
import { decodeDirectories, decodeFiles } from '../../../src/adapters/filesystem/inventory-codec.js';
import { operationsOn } from '../../../src/adapters/filesystem/operations.js';
import { nodeOs } from '../../../src/adapters/filesystem/os.js';
import { walk } from '../../../src/adapters/filesystem/walk.js';
import type { Inventory } from '../../../src/engine/inspection.js';
import { FaultyOs } from '../../support/fs-faulty-os.js';
import { inspectOne, makeStep, request, take } from '../../support/fs-step.js';
import { temporaryDirectory } from '../../support/fs-temporary.js';
import { passTick } from '../../support/fs-tick.js';

async function vanishedFrom(step: string, inventory: Inventory) {
  const inspection = await inspectOne(step, 'audit', inventory);
  assert.equal(inspection.outcome, 'present');
  assert.equal(inspection.content, null);
  return inspection.change;
}

test('an inventory names every directory and file, parents first', async (t) => {
  const hostile = { 'z\n1': '', 'a b/…': 'x', '..x/...': 'yy', 'empty/': '', 'é/😀/deep': 'zzz' };
  const { inventory } = await take(makeStep(temporaryDirectory(t), '1', hostile));
  assert.deepEqual(decodeDirectories(inventory).path, ['', '..x', 'a b', 'empty', 'é', 'é/😀']);
  assert.deepEqual(Array.from(decodeDirectories(inventory).fileEnd), [1, 2, 3, 3, 3, 4]);
  const { name, size } = decodeFiles(inventory);
  assert.deepEqual(name, ['z\n1', '...', '…', 'deep']);
  assert.deepEqual(Array.from(size), [0, 2, 1, 3]);
});

test('an empty step has an inventory of nothing', async (t) => {
  const { inventory } = await take(makeStep(temporaryDirectory(t), '1', {}));
  assert.deepEqual(decodeFiles(inventory).name, []);
  assert.equal(inventory.fileCount, 0);
  assert.equal(inventory.sizeBytes, 0);
});

test('digests are equal for a faithful copy, and differ in any name, size or time', async (t) => {
  const root = temporaryDirectory(t);
  const step = makeStep(root, '1');
  const { digest } = (await take(step)).inventory;
  const copy = async (change: (path: string) => void) => {
    const path = join(root, 'copy');
    rmSync(path, { recursive: true, force: true });
    execFileSync('cp', ['-a', step, path]);
    change(path);
    return (await take(path)).inventory.digest;
  };
  assert.equal(await copy(() => undefined), digest);
  assert.equal(await copy((path) => writeFileSync(join(path, 'more'), '')), digest, 'beside the items');
  assert.notEqual(await copy((path) => writeFileSync(join(path, 'default', 'more'), '')), digest);
  assert.notEqual(await copy((path) => mkdirSync(join(path, 'default', 'more'))), digest);
  assert.notEqual(await copy((path) => unlinkSync(join(path, 'default', 'd', '0a1b'))), digest);
  assert.notEqual(
    await copy((path) => renameSync(join(path, 'default', 'd', '0a1b'), join(path, 'default', '0a1b'))),
    digest,
  );
  assert.notEqual(await copy((path) => utimesSync(join(path, 'default', '_METADATA'), 1, 1)), digest);
});

const irregular: Record<string, [string, (path: string, t: TestContext) => void | Promise<void>]> = {
  link: ['symbolic link', (path) => symlinkSync('/etc/passwd', path)],
  pipe: ['FIFO', (path) => void execFileSync('mkfifo', [path])],
  socket: [
    'socket',
    (path, t) => {
      const server = createServer();
      t.after(() => server.close());
      return new Promise((resolve) => void server.listen(path, resolve));
    },
  ],
};
for (const [name, [kind, make]] of Object.entries(irregular)) {
  test(`a ${kind} is named as irregular and is no file of the inventory`, async (t) => {
    const step = makeStep(temporaryDirectory(t), '1', { 'a/1': 'x', 'b/2': 'x' });
    const { digest } = (await take(step)).inventory;
    await make(join(step, 'a', name), t);
    const { inventory } = await take(step);
    assert.deepEqual(inventory.irregular, { path: `a/${name}`, kind });
    assert.equal(inventory.fileCount, 2);
    assert.notEqual(inventory.digest, digest);
  });
}

test('a linked directory inside is not walked', async (t) => {
  const root = temporaryDirectory(t);
  makeStep(root, 'outside', { secret: 'x' });
  const step = makeStep(root, '1', { file: 'x' });
  symlinkSync('../outside', join(step, 'link'));
  assert.equal((await take(step)).inventory.fileCount, 1);
});

test('trees deeper or larger than the limits are refused with E2BIG', async (t) => {
  const step = makeStep(temporaryDirectory(t), '1', { 'a/b/c': '', d: '' });
  const handle = DirectoryHandle.open(nodeOs, '', step);
  t.after(() => handle.close());
  await assert.rejects(walk(nodeOs, handle, { depth: 1, entries: 100 }), { code: 'E2BIG' });
  await assert.rejects(walk(nodeOs, handle, { depth: 64, entries: 3 }), { code: 'E2BIG' });
  await walk(nodeOs, handle, { depth: 2, entries: 4 });
});

test('a step nested 100 deep is unreadable, with a sentence', async (t) => {
  const step = makeStep(temporaryDirectory(t), '1', { [`${'d/'.repeat(100)}file`]: '' });
  const inspection = await inspectOne(step);
  assert.equal(inspection.outcome, 'unreadable');
  assert.equal(inspection.errno, 'E2BIG');
  assert.match(inspection.detail, /deeper than 64/);
});

test('results beside the items, transient files and new modes are no change', async (t) => {
  const step = makeStep(temporaryDirectory(t), '1');
  const { inventory } = await take(step);
  for (const name of ['.nfs0001', '.fuse_hidden01', '._0a1b', '.DS_Store', 'write.lock'])
    writeFileSync(join(step, 'default', 'd', name), '');
  writeFileSync(join(step, 'eval.json'), '{}');
  mkdirSync(join(step, 'results'));
  chmodSync(join(step, 'default', 'd'), 0o700);
  assert.equal(await vanishedFrom(step, inventory), null);
  assert.equal((await take(step)).inventory.digest, inventory.digest);
  unlinkSync(join(step, 'eval.json'));
  rmSync(join(step, 'default', 'd', 'write.lock'));
  assert.equal(await vanishedFrom(step, inventory), null);
});

const growth: Record<string, [path: string, (step: string) => void]> = {
  'a file in an item': ['default/d/new', (step) => writeFileSync(join(step, 'default/d/new'), '')],
  'a directory in an item': ['default/new', (step) => mkdirSync(join(step, 'default/new'))],
  'the record of a deletion': [
    '_CHECKPOINT_DELETION',
    (step) => writeFileSync(join(step, '_CHECKPOINT_DELETION'), '{"checkpointable_name": "default"}'),
  ],
};
for (const [what, [path, grow]] of Object.entries(growth))
  test(`${what} that was added is a change`, async (t) => {
    const step = makeStep(temporaryDirectory(t), '1');
    const { inventory } = await take(step);
    passTick(join(step, 'default'), temporaryDirectory(t));
    grow(step);
    assert.deepEqual(await vanishedFrom(step, inventory), { path, how: 'added' });
  });

test('a file that was written in place shows when every file is looked at, and never otherwise', async (t) => {
  const step = makeStep(temporaryDirectory(t), '1');
  const { inventory } = await take(step);
  const changes: ((path: string) => void)[] = [
    (path) => utimesSync(path, 1, 1),
    (path) => writeFileSync(path, 'longer than before'),
  ];
  for (const change of changes) {
    change(join(step, 'default/d/0a1b'));
    const close = await inspectOne(step, 'full_audit', inventory);
    assert.deepEqual(close.outcome === 'present' && close.change, {
      path: 'default/d/0a1b',
      how: 'replaced',
    });
  }
});

test('a later inventory tells which file of the items it still names was lost', async (t) => {
  const step = makeStep(temporaryDirectory(t), '1', {
    _CHECKPOINT_METADATA: '{"item_handlers": {"a": "h", "b": "h"}}',
    'a/1': '',
    'b/1': '',
    'b/2': '',
    'beside.json': '',
  });
  const { inventory } = await take(step);
  const lost = async () => {
    const seen = await inspectOne(step, 'inventory', inventory);
    assert.ok(seen.outcome === 'present');
    return seen.lost;
  };
  assert.equal(await lost(), null);
  unlinkSync(join(step, 'beside.json'));
  assert.equal(await lost(), null);
  unlinkSync(join(step, 'b/2'));
  assert.equal(await lost(), 'b/2');
  rmSync(join(step, 'b'), { recursive: true });
  writeFileSync(join(step, '_CHECKPOINT_METADATA'), '{"item_handlers": {"a": "h"}}');
  assert.equal(await lost(), null);
});

test('the change time of a payload leaves out its marks, and what is beside it', async (t) => {
  const step = makeStep(temporaryDirectory(t), '1');
  const scratch = temporaryDirectory(t);
  const below = async () => BigInt((await takeStock(step)).changedBelowNs);
  const first = await below();
  passTick(step, scratch);
  writeFileSync(join(step, 'commit_success.txt'), '');
  writeFileSync(join(step, '_CHECKPOINT_METADATA'), '{"item_handlers": {"default": "h", "metrics": "h"}}');
  writeFileSync(join(step, 'eval.json'), '');
  assert.equal(await below(), first);
  utimesSync(join(step, 'default/d/0a1b'), 1, 1);
  assert.ok((await below()) > first);
});

test('marks alone are no payload, whatever the marker is called', async (t) => {
  const step = makeStep(temporaryDirectory(t), '1', { DONE: '', 'default/': '' });
  const seen = async (commitMarker: string) => {
    const [found] = await operationsOn(nodeOs).inspect(dirname(step), [
      { ...request(basename(step), 'inventory'), commitMarker },
    ]);
    return found?.outcome === 'present' && found.content?.hasPayload;
  };
  assert.deepEqual([await seen('DONE'), await seen('commit_success.txt')], [false, true]);
});

async function takeStock(step: string) {
  const seen = await inspectOne(step);
  assert.ok(seen.outcome === 'present' && seen.content?.inventory);
  return seen.content.inventory;
}

const losses: Record<string, [path: string, how: string, (step: string) => void]> = {
  'a file removed': ['default/d/0a1b', 'missing', (step) => unlinkSync(join(step, 'default/d/0a1b'))],
  'a file replaced': [
    'default/d/0a1b',
    'replaced',
    (step) => {
      const path = join(step, 'default/d/0a1b');
      // Same size, same time to the nanosecond.
      execFileSync('cp', ['-p', path, `${path}.new`]);
      renameSync(`${path}.new`, path);
    },
  ],
  'a file replaced by a link': [
    'default/d/0a1b',
    'replaced',
    (step) => {
      unlinkSync(join(step, 'default/d/0a1b'));
      symlinkSync('2c3d', join(step, 'default/d/0a1b'));
    },
  ],
  'a directory removed': [
    'default/d',
    'missing',
    (step) => rmSync(join(step, 'default/d'), { recursive: true }),
  ],
  'a directory replaced': [
    'default/d',
    'replaced',
    (step) => {
      renameSync(join(step, 'default/d'), join(step, 'aside'));
      mkdirSync(join(step, 'default/d'));
    },
  ],
  'a directory replaced by a file': [
    'metrics',
    'replaced',
    (step) => {
      rmSync(join(step, 'metrics'), { recursive: true });
      writeFileSync(join(step, 'metrics'), '');
    },
  ],
  'the step replaced': [
    '',
    'replaced',
    (step) => {
      renameSync(step, `${step}.aside`);
      execFileSync('cp', ['-a', `${step}.aside`, step]);
    },
  ],
};
for (const [what, [path, how, lose]] of Object.entries(losses)) {
  test(`${what} is found right after the inventory, and later`, async (t) => {
    const root = temporaryDirectory(t);
    const scratch = temporaryDirectory(t);
    for (const later of [false, true]) {
      const step = makeStep(root, later ? 'later' : 'now');
      const { inventory } = await take(step);
      if (later) {
        // As if the step had been looked at a second later: then the directories' times are trusted.
        const now = Date.now();
        const mock = t.mock.method(Date, 'now', () => now + 1000);
        assert.equal(await vanishedFrom(step, inventory), null);
        mock.mock.restore();
        passTick(join(step, 'default', 'd'), scratch);
      }
      lose(step);
      assert.deepEqual(await vanishedFrom(step, inventory), { path, how });
    }
  });
}

test('an audit of a settled tree looks at its directories alone, once it has seen the files', async (t) => {
  const step = makeStep(temporaryDirectory(t), '1');
  const { inventory } = await take(step);
  const now = Date.now();
  t.mock.method(Date, 'now', () => now + 1000);
  const looks = async () => {
    const faulty = new FaultyOs();
    const handle = DirectoryHandle.open(nodeOs, '', step);
    assert.equal(await findVanished(faulty.os, handle, inventory), null);
    handle.close();
    return faulty.calls.filter((call) => call.purpose === 'audit file').length;
  };
  assert.equal(await looks(), 6);
  assert.equal(await looks(), 0);
});
