import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openFileSystem } from '../../../src/adapters/filesystem/node-file-system.js';
import { WorkerClient } from '../../../src/adapters/filesystem/worker-client.js';
import { systemClock } from '../../../src/adapters/system-clock.js';
import type { InspectRequest } from '../../../src/engine/inspection.js';
import { contentOf, makeStep, planFor, request } from '../../support/fs-step.js';
import { temporaryDirectory } from '../../support/fs-temporary.js';

function open(t: TestContext) {
  const files = openFileSystem({ clock: systemClock });
  t.after(() => files.close());
  return files;
}

test('a step goes through its whole life over the threads: listed, inspected, snapshotted, audited, erased', async (t) => {
  const root = temporaryDirectory(t);
  const step = makeStep(root, '100');
  const files = open(t);
  assert.equal((await files.locate(root)).realPath, root);
  assert.ok((await files.space(root)).totalBytes > 0);
  const listing = await files.list(root, null);
  assert.ok(listing.outcome === 'listed');
  assert.deepEqual(listing.directories, ['100']);
  assert.deepEqual(listing.symbolicLinks, []);
  const [inspection] = await files.inspect(root, [request('100', 'inventory')]);
  assert.ok(inspection?.outcome === 'present' && inspection.content?.inventory);
  const { identity, content } = inspection;
  const { inventory } = content;
  assert.ok(inventory);
  const home = join(root, '_STEPLEASE');
  const { snapshots } = files;
  assert.equal(await snapshots.owner(home), null);
  assert.equal(await snapshots.linkability(step, inventory, home), null);
  assert.deepEqual(await snapshots.claim(home, 'store'), { outcome: 'owned' });
  assert.equal(await snapshots.owner(home), 'store');
  for (const mode of ['hardlink', 'copy'] as const) {
    const names = { snapshotDirectory: home, temporaryName: '.tmp-g', stepName: '100', publishedName: 'g' };
    const plan = { ...names, source: step, identity, inventory, mode, immutable: false };
    const built = await snapshots.build(plan);
    assert.ok(built.outcome === 'built', JSON.stringify(built));
    const path = join(home, 'g', '100');
    assert.deepEqual(contentOf(path), contentOf(step));
    assert.equal(await snapshots.audit(path, built.inventory), null);
    assert.equal((await snapshots.inventory(path))?.digest, inventory.digest);
    assert.equal(await snapshots.occupied(join(home, 'g')), true);
    assert.deepEqual(await snapshots.entries(home), ['g']);
    assert.deepEqual(await snapshots.retire({ snapshotDirectory: home, name: 'g', trashName: '.trash' }), {
      outcome: 'retired',
    });
    assert.deepEqual(await snapshots.audit(path, built.inventory), { path: '', how: 'missing' });
    assert.equal(await snapshots.inventory(path), null);
    assert.deepEqual(await snapshots.erase(home, '.trash'), { outcome: 'erased' });
  }
  assert.deepEqual(await snapshots.entries(home), []);
});

test('an inventory is shared between threads, not copied', async (t) => {
  const root = temporaryDirectory(t);
  const step = makeStep(root, '1');
  const files = open(t);
  const [first] = await files.inspect(root, [request('1', 'inventory')]);
  assert.ok(first?.outcome === 'present' && first.content?.inventory);
  const { inventory } = first.content;
  assert.ok(inventory?.bytes instanceof SharedArrayBuffer);
  rmSync(join(step, 'default', '_METADATA'));
  const [second] = await files.inspect(root, [request('1', 'audit', inventory)]);
  assert.deepEqual(second?.outcome === 'present' && second.change, {
    path: 'default/_METADATA',
    how: 'missing',
  });
});

test('thousands of requests are answered in their order', async (t) => {
  const root = temporaryDirectory(t);
  for (const name of ['1', '2', '3']) mkdirSync(join(root, name));
  const files = open(t);
  const requests = Array.from({ length: 2500 }, (_, index): InspectRequest => {
    return request(index % 1000 === 7 ? String((index % 3) + 1) : `none${index}`, 'look');
  });
  const inspections = await files.inspect(root, requests);
  assert.deepEqual(
    inspections.map(({ name }) => name),
    requests.map(({ name }) => name),
  );
  assert.equal(inspections.filter(({ outcome }) => outcome === 'present').length, 3);
  assert.deepEqual(await files.inspect(root, []), []);
});

test('an error of the system comes back with its code', async (t) => {
  const files = open(t);
  const root = temporaryDirectory(t);
  const plan = await planFor(makeStep(root, '1'));
  await assert.rejects(files.snapshots.build({ ...plan, stepName: '../x' }), { code: 'EINVAL' });
  await assert.rejects(files.snapshots.erase(root, '..'), { code: 'EINVAL' });
});

test('a release is not held up by an erasure under way', async (t) => {
  const root = temporaryDirectory(t);
  const big = Object.fromEntries(Array.from({ length: 4000 }, (_, file) => [`d/${file}`, '']));
  makeStep(root, 'big', big);
  makeStep(root, 'g1');
  const files = open(t);
  const ended: string[] = [];
  await Promise.all([
    files.snapshots.erase(root, 'big').then(() => ended.push('erase')),
    files.snapshots
      .retire({ snapshotDirectory: root, name: 'g1', trashName: '.trash' })
      .then(() => ended.push('retire')),
  ]);
  assert.deepEqual(ended, ['retire', 'erase']);
});

test('closing waits for what is under way, and calls after it reject', async (t) => {
  const root = temporaryDirectory(t);
  makeStep(root, 'x');
  const files = openFileSystem({ clock: systemClock });
  const erased = files.snapshots.erase(root, 'x');
  await files.close();
  assert.deepEqual(await erased, { outcome: 'erased' });
  assert.ok(!existsSync(join(root, 'x')));
  await assert.rejects(files.list(root, null), /closed/);
  await assert.rejects(files.inspect(root, [request('x', 'look')]), /closed/);
  await files.close();
});

test('closing without grace rejects what is under way', async (t) => {
  const root = temporaryDirectory(t);
  makeStep(root, 'x', Object.fromEntries(Array.from({ length: 3000 }, (_, file) => [`d/${file}`, ''])));
  const files = openFileSystem({ clock: systemClock, closeGraceMs: 0 });
  await files.list(root, null);
  const rejection = assert.rejects(files.snapshots.erase(root, 'x'), /closed/);
  await files.close();
  await rejection;
});

test('when the thread dies every call under way rejects, and the next one gets a new thread', async (t) => {
  const root = temporaryDirectory(t);
  const client = new WorkerClient('test', systemClock);
  t.after(() => client.close(0));
  await client.call('occupied', root);
  // The first may be answered yet; so many are not.
  const calls = Array.from({ length: 2_000 }, () => client.call('occupied', root));
  const lost = assert.rejects(calls.at(-1) ?? Promise.resolve(), /test thread .* died/);
  client.kill();
  await lost;
  for (const result of await Promise.allSettled(calls))
    if (result.status === 'rejected') assert.match(String(result.reason), /test thread .* died/);
  assert.equal(await client.call('occupied', root), true);
});
