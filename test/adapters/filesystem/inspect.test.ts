import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { identityOf } from '../../../src/adapters/filesystem/identity.js';
import { inspect } from '../../../src/adapters/filesystem/inspect.js';
import { nodeOs } from '../../../src/adapters/filesystem/os.js';
import { FaultyOs, refuse } from '../../support/fs-faulty-os.js';
import { inspectOne, makeStep, openDescriptors, type Present, request } from '../../support/fs-step.js';
import { temporaryDirectory } from '../../support/fs-temporary.js';
import { passTick } from '../../support/fs-tick.js';

async function present(step: string, depth: 'look' | 'inventory' = 'inventory'): Promise<Present> {
  const inspection = await inspectOne(step, depth);
  assert.equal(inspection.outcome, 'present', JSON.stringify(inspection));
  return inspection;
}

test('a look gives identity, top level and metadata, and no inventory', async (t) => {
  const step = makeStep(temporaryDirectory(t), '100');
  const { identity, content, change } = await present(step, 'look');
  const stats = nodeOs.lstat('', step);
  assert.equal(identity.saving?.split('-')[0], stats.ino.toString(36));
  assert.equal(identity.mtimeNs, String(stats.mtimeNs));
  assert.equal(change, null);
  assert.deepEqual(content?.topLevel, [
    { name: '_CHECKPOINT_METADATA', directory: false },
    { name: 'default', directory: true },
    { name: 'metrics', directory: true },
  ]);
  assert.deepEqual(content?.metadata, {
    outcome: 'read',
    value: {
      items: ['default', 'metrics'],
      committedAtNs: null,
      initAtNs: null,
      metrics: {},
      customMetadata: {},
    },
  });
  assert.equal(content?.inventory, null);
  assert.equal(content?.metrics, null);
});

test('an inventory counts files and bytes, and brings the metrics item', async (t) => {
  const step = makeStep(temporaryDirectory(t), '100', {
    'a/1': 'xx',
    'a/2': 'yyy',
    'metrics/metrics': '{"loss": NaN}',
  });
  const { content } = await present(step);
  assert.equal(content?.inventory?.fileCount, 3);
  assert.equal(content?.inventory?.sizeBytes, 5 + 13);
  assert.deepEqual(content?.metrics, { outcome: 'read', value: { loss: 'NaN' } });
  assert.equal(content?.metadata, null);
});

test('commit_success.txt and emptiness are seen', async (t) => {
  const root = temporaryDirectory(t);
  const committed = await present(makeStep(root, '1', { 'commit_success.txt': '' }), 'look');
  assert.equal(committed.content?.commitFile, true);
  assert.equal(committed.content?.empty, false);
  const empty = await present(makeStep(root, '2', {}), 'look');
  assert.equal(empty.content?.commitFile, false);
  assert.equal(empty.content?.empty, true);
});

test('at most 1,000 top-level names are given, and the change time covers the others', async (t) => {
  const step = join(temporaryDirectory(t), '1');
  mkdirSync(step);
  for (let file = 0; file < 1200; file++) writeFileSync(join(step, `f${file}`), '');
  const before = await present(step, 'look');
  assert.equal(before.content?.topLevel.length, 1000);
  passTick(step, temporaryDirectory(t));
  renameSync(join(step, 'f999'), join(step, 'fx'));
  const after = await present(step, 'look');
  assert.notEqual(after.content?.changedNs, before.content?.changedNs);
});

test('answers come in the order of the requests, and one unreadable entry fails none of the others', async (t) => {
  const root = temporaryDirectory(t);
  for (const name of ['1', '2', '3']) makeStep(root, name);
  writeFileSync(join(root, 'file'), '');
  symlinkSync('1', join(root, 'link'));
  const faulty = new FaultyOs().fail('look', 'EIO', 1);
  const names = ['3', 'none', '1', 'file', 'link', '2'];
  const requests = names.map((name) => request(name, 'look'));
  const inspections = await inspect(faulty.os, root, requests);
  assert.deepEqual(
    inspections.map(({ name, outcome }) => [name, outcome]),
    [
      ['3', 'unreadable'],
      ['none', 'gone'],
      ['1', 'present'],
      ['file', 'irregular'],
      ['link', 'irregular'],
      ['2', 'present'],
    ],
  );
  assert.deepEqual(
    inspections.flatMap((inspection) => (inspection.outcome === 'irregular' ? [inspection.kind] : [])),
    ['file', 'symbolic link'],
  );
});

test('a root that cannot be opened makes entries unreadable, not gone', async (t) => {
  const root = join(temporaryDirectory(t), 'away');
  const [inspection] = await inspect(nodeOs, root, [request('1', 'look')]);
  assert.equal(inspection?.outcome, 'unreadable');
});

test('a name that is a path is refused', async (t) => {
  const root = temporaryDirectory(t);
  makeStep(root, '1');
  for (const name of ['1/default', '..', '.', '']) {
    const [inspection] = await inspect(nodeOs, root, [request(name, 'look')]);
    assert.equal(inspection?.outcome, 'unreadable', name);
  }
});

test('a FIFO, a socket, a link and a directory in the place of the metadata do not block and count as corrupt', async (t) => {
  const root = temporaryDirectory(t);
  const make: Record<string, (path: string) => void | Promise<void>> = {
    fifo: (path) => void execFileSync('mkfifo', [path]),
    link: (path) => symlinkSync('/etc/passwd', path),
    directory: (path) => mkdirSync(path),
    socket: (path) => {
      const server = createServer();
      t.after(() => server.close());
      return new Promise((resolve) => void server.listen(path, resolve));
    },
  };
  for (const [kind, place] of Object.entries(make)) {
    const step = makeStep(root, kind, { 'metrics/': '' });
    await place(join(step, '_CHECKPOINT_METADATA'));
    await place(join(step, 'metrics', 'metrics'));
    const { content } = await present(step);
    assert.equal(content?.metadata?.outcome, 'corrupt', kind);
    assert.equal(content.metrics?.outcome, 'corrupt', kind);
  }
});

test('metadata of 100 MB is refused unread, truncated or deeply nested metadata is corrupt', async (t) => {
  const root = temporaryDirectory(t);
  const huge = makeStep(root, 'huge', { _CHECKPOINT_METADATA: '' });
  truncateSync(join(huge, '_CHECKPOINT_METADATA'), 100 * 1024 * 1024);
  const faulty = new FaultyOs();
  const [inspection] = await inspect(faulty.os, root, [request('huge', 'look')]);
  assert.ok(inspection?.outcome === 'present' && inspection.content?.metadata);
  assert.match(JSON.stringify(inspection.content.metadata), /corrupt.*104857600 bytes/);
  assert.ok(!faulty.calls.some((call) => call.method === 'read'));
  for (const text of ['', '{"metrics": ', '['.repeat(100_000), '{"a":'.repeat(100_000), '\u0000', '[]']) {
    const step = makeStep(root, 'bad', { _CHECKPOINT_METADATA: text, 'metrics/metrics': text });
    const { content } = await present(step);
    assert.equal(content?.metadata?.outcome, 'corrupt', text.slice(0, 20));
    assert.equal(content.metrics?.outcome, 'corrupt', text.slice(0, 20));
  }
});

for (const purpose of ['read _CHECKPOINT_METADATA', 'read metrics']) {
  test(`trouble in ${purpose} leaves the rest of the step readable`, async (t) => {
    const root = temporaryDirectory(t);
    makeStep(root, '1');
    for (let nth = 1; nth <= 4; nth++) {
      const faulty = new FaultyOs().rule((call) => {
        if (call.purpose.startsWith(purpose) && call.nth === nth && call.method !== 'close') refuse('EIO');
      });
      const [inspection] = await inspect(faulty.os, root, [request('1', 'inventory')]);
      assert.equal(inspection?.outcome, 'present');
    }
  });
}

test('an unreadable directory inside makes the step unreadable', async (t) => {
  const root = temporaryDirectory(t);
  makeStep(root, '1');
  const faulty = new FaultyOs().fail('inventory directory', 'EACCES', 4);
  const [inspection] = await inspect(faulty.os, root, [request('1', 'inventory')]);
  assert.equal(inspection?.outcome, 'unreadable');
  assert.equal(inspection.errno, 'EACCES');
});

test('a step removed while it is inspected is gone, at whichever call', async (t) => {
  const root = temporaryDirectory(t);
  for (const depth of ['look', 'inventory', 'audit'] as const) {
    const requests = [request('1', depth)];
    makeStep(root, '1');
    const probe = new FaultyOs();
    await inspect(probe.os, root, requests);
    const opened = probe.calls.findIndex((call) => call.purpose === 'inspect' && call.method === 'open');
    for (let number = opened + 1; number < probe.calls.length; number++) {
      const step = makeStep(root, '1');
      const faulty = new FaultyOs().beforeNumber(number, () => rmSync(step, { recursive: true }));
      const [inspection] = await inspect(faulty.os, root, requests);
      // Once its facts were read it was still there.
      const allowed = number >= probe.calls.length - 2 ? ['gone', 'present'] : ['gone'];
      assert.ok(
        inspection && allowed.includes(inspection.outcome),
        `${depth} ${number}: ${inspection?.outcome}`,
      );
    }
  }
});

test('a step replaced while its inventory is taken is reported as the new one, never mixed', async (t) => {
  const root = temporaryDirectory(t);
  const step = makeStep(root, '1', { 'old/file': 'old' });
  const faulty = new FaultyOs().before('inventory file', () => {
    renameSync(step, join(root, 'aside'));
    makeStep(root, '1', { new: 'newer' });
  });
  const [inspection] = await inspect(faulty.os, root, [request('1', 'inventory')]);
  assert.ok(inspection?.outcome === 'present');
  assert.equal(inspection.identity.saving, identityOf(nodeOs.lstat('', step)).saving);
  assert.equal(inspection.content?.inventory?.fileCount, 1);
  assert.equal(inspection.content.inventory.sizeBytes, 5);
});

test('equal fingerprints mean that nothing was added, removed or written', async (t) => {
  const root = temporaryDirectory(t);
  const scratch = temporaryDirectory(t);
  const step = makeStep(root, '1');
  const print = async () => (await present(step)).content?.inventory?.fingerprint;
  const first = await print();
  assert.equal(await print(), first);
  const changes = [
    () => writeFileSync(join(step, 'default', 'added'), ''),
    () => unlinkSync(join(step, 'default', 'added')),
    () => writeFileSync(join(step, 'default', '_METADATA'), '[]'),
  ];
  const seen = new Set([first]);
  for (const change of changes) {
    passTick(join(step, 'default'), scratch);
    change();
    seen.add(await print());
  }
  assert.equal(seen.size, 4);
});

test('a tree that changes once while it is walked is walked again, and then complete', async (t) => {
  const root = temporaryDirectory(t);
  const step = makeStep(root, '1');
  const scratch = temporaryDirectory(t);
  const faulty = new FaultyOs().before(
    'inventory file',
    () => {
      passTick(join(step, 'default'), scratch);
      renameSync(join(step, 'default', '_METADATA'), join(step, 'default', 'renamed'));
    },
    2,
  );
  const [inspection] = await inspect(faulty.os, root, [request('1', 'inventory')]);
  assert.ok(inspection?.outcome === 'present');
  assert.equal(inspection.content?.inventory?.fileCount, 6);
  assert.equal(
    inspection.content.inventory.fingerprint,
    (await present(step)).content?.inventory?.fingerprint,
  );
});

test('a tree that keeps changing while it is walked has a fingerprint that equals no other', async (t) => {
  const root = temporaryDirectory(t);
  const step = makeStep(root, '1');
  let serial = 0;
  const scratch = temporaryDirectory(t);
  const restless = () =>
    new FaultyOs().rule((call) => {
      if (call.purpose !== 'inventory file') return;
      passTick(join(step, 'default'), scratch);
      writeFileSync(join(step, 'default', `tmp${serial++}`), '');
      unlinkSync(join(step, 'default', `tmp${serial - 1}`));
    });
  const prints: (string | undefined)[] = [];
  for (let round = 0; round < 2; round++) {
    const [inspection] = await inspect(restless().os, root, [request('1', 'inventory')]);
    assert.ok(inspection?.outcome === 'present');
    prints.push(inspection.content?.inventory?.fingerprint);
  }
  assert.notEqual(prints[0], prints[1]);
});

test('no descriptor stays open, whatever fails', async (t) => {
  const root = temporaryDirectory(t);
  makeStep(root, '1');
  const requests = [request('1', 'inventory')];
  const probe = new FaultyOs();
  await inspect(probe.os, root, requests);
  const before = openDescriptors();
  for (const { number, method } of probe.calls) {
    if (method === 'close') continue;
    await inspect(new FaultyOs().beforeNumber(number, () => refuse('EIO')).os, root, requests);
  }
  assert.equal(openDescriptors(), before);
});
