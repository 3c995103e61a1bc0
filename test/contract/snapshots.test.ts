import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { access, chmod, chown, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { Interference } from './support/interference.js';
import { leased, problem, Stage } from './support/stage.js';
import { filesUnder, SMALL } from './support/trainer.js';

const isRoot = process.getuid?.() === 0;

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

for (const snapshot_mode of ['hardlink', 'copy']) {
  test(`${snapshot_mode}: the holder reads the same bytes after the trainer deleted the step`, async (t) => {
    const stage = await Stage.set(t, { run: { snapshot_mode } });
    await stage.trainer.save(100);
    const before = await filesUnder(stage.trainer.path(100));

    const lease = await stage.lease({ step: 100 });
    await stage.trainer.delete(100);

    assert.equal(lease.snapshot, true);
    assert.deepEqual(await filesUnder(lease.path), before);
  });
}

test('hardlink: every file is the inode of the step', async (t) => {
  const stage = await Stage.set(t);
  await stage.trainer.save(100);

  const lease = await stage.lease();

  for (const file of Object.keys(SMALL)) {
    const [one, other] = await Promise.all([
      stat(join(lease.path, file)),
      stat(stage.trainer.path(100, file)),
    ]);
    assert.equal(one.ino, other.ino);
  }
});

test('copy: no file shares its inode with the step, so that a trainer who writes in place changes nothing', async (t) => {
  const stage = await Stage.set(t, { run: { snapshot_mode: 'copy' } });
  await stage.trainer.save(100);
  const before = await filesUnder(stage.trainer.path(100));

  const lease = await stage.lease();
  await writeFile(stage.trainer.path(100, 'default/d/0cc78e3c'), 'overwritten');

  assert.deepEqual(await filesUnder(lease.path), before);
});

test('reflink: where the filesystem has none, the grant fails with its errno and the remedy, and takes no other mode', async (t) => {
  const stage = await Stage.set(t, { run: { snapshot_mode: 'reflink' } });
  await stage.trainer.save(100);

  const answer = await stage.grant({ step: 100 });
  if (answer.status === 201) return t.skip('this filesystem shares extents');

  const { errno, detail } = problem(answer, 409, 'snapshot_failed');
  assert.match(String(errno), /^E(OPNOTSUPP|NOTSUP|NOTTY|INVAL|XDEV)$/);
  assert.match(String(detail), /btrfs or xfs.*"hardlink" or "copy"/s);
  assert.equal((await stage.run()).snapshots.count, 0);
});

test('none: the holder is pointed at the original, and nothing is protected', async (t) => {
  const stage = await Stage.set(t, { run: { snapshot_mode: 'none' } });
  await stage.trainer.save(100);

  const lease = await stage.lease();

  assert.equal(lease.snapshot, false);
  assert.equal(lease.path, stage.trainer.path(100));
  assert.equal(lease.source_path, lease.path);
  assert.equal(await exists(join(stage.root, '_STEPLEASE')), false);
});

test('layout generation: the path is <root>/_STEPLEASE/<generation>.<n>/<step name>', async (t) => {
  const stage = await Stage.set(t);
  await stage.trainer.save(100);

  const lease = await stage.lease();

  assert.equal(lease.path, join(stage.root, '_STEPLEASE', `${lease.generation}.1`, '100'));
  assert.equal(lease.relative_path, `_STEPLEASE/${lease.generation}.1/100`);
});

test('layout generation: a path is never used again, whoever removes what was there', async (t) => {
  const { stage, lease: first } = await leased(t);
  assert.equal((await stage.release(first)).status, 204);

  const second = await stage.lease({ step: 100 });
  await stage.release(second);
  await stage.restart();
  const third = await stage.lease({ step: 100 });

  assert.deepEqual(
    [second, third].map(({ generation }) => generation),
    [first.generation, first.generation],
  );
  assert.equal(new Set([first.path, second.path, third.path]).size, 3);
});

test("layout orbax: the path is <root>/_SNAPSHOTS/<step name>, where Orbax's readers look", async (t) => {
  const stage = await Stage.set(t, { run: { snapshot_layout: 'orbax', step_prefix: 'ckpt' } });
  await stage.trainer.save('ckpt_100');

  const lease = await stage.lease();

  assert.equal(lease.path, join(stage.root, '_SNAPSHOTS/ckpt_100'));
  assert.deepEqual(await filesUnder(lease.path), await filesUnder(stage.trainer.path('ckpt_100')));
});

test('snapshot_dir moves the snapshots; their path is then relative to nothing', async (t) => {
  const stage = await Stage.set(t);
  const directory = stage.beside('elsewhere');
  assert.equal((await stage.configure({ snapshot_dir: directory })).status, 200);
  await stage.trainer.save(100);

  const lease = await stage.lease();

  assert.equal(lease.path, join(directory, `${lease.generation}.1`, '100'));
  assert.equal(lease.relative_path, null);
});

test('the snapshot directory is no step, and Orbax takes it for no temporary one', async (t) => {
  for (const [snapshot_layout, name] of [
    ['generation', '_STEPLEASE'],
    ['orbax', '_SNAPSHOTS'],
  ]) {
    const stage = await Stage.set(t, { run: { snapshot_layout } });
    await stage.trainer.save(100);
    await stage.lease();

    const { body } = await stage.get('/steps?state=all');

    assert.deepEqual(
      (body['items'] as { name: string }[]).map((step) => step.name),
      ['100'],
    );
    assert.equal(await exists(join(stage.root, name ?? '', 'commit_success.txt')), true);
  }
});

test('files added to the step after it was discovered are not in the snapshot', async (t) => {
  const interference = new Interference();
  const stage = await Stage.set(t, { around: interference.around });
  await stage.save(100);
  assert.equal((await stage.get('/steps/100')).body['file_count'], 4);
  interference.next('build', async (proceed) => {
    await writeFile(stage.trainer.path(100, 'default/added'), 'later');
    return proceed();
  });

  const lease = await stage.lease({ step: 100 });

  assert.deepEqual(Object.keys((await filesUnder(lease.path)) ?? {}).sort(), [
    '_CHECKPOINT_METADATA',
    ...Object.keys(SMALL).sort(),
  ]);
});

test('directories keep the mode and the group of the originals', { skip: !isRoot }, async (t) => {
  for (const snapshot_mode of ['hardlink', 'copy']) {
    const stage = await Stage.set(t, { run: { snapshot_mode } });
    const temporary = await stage.trainer.prepare(100);
    await chmod(temporary, 0o750);
    await chmod(join(temporary, 'default'), 0o2775);
    await chown(join(temporary, 'default'), 0, 4711);
    await chmod(join(temporary, 'default'), 0o2775);
    execFileSync('mv', [temporary, stage.trainer.path(100)]);

    const { path } = await stage.lease();

    assert.equal((await stat(path)).mode & 0o7777, 0o750);
    const inner = await stat(join(path, 'default'));
    assert.deepEqual([inner.mode & 0o777, inner.gid], [0o775, 4711]);
  }
});

test('immutable: snapshot directories are 0555, copied files 0444, and the originals stay as they were', async (t) => {
  for (const snapshot_mode of ['hardlink', 'copy']) {
    const stage = await Stage.set(t, { run: { snapshot_mode, immutable: true } });
    await stage.trainer.save(100);
    const file = 'default/d/0cc78e3c';
    const modes = async () => [
      (await stat(stage.trainer.path(100, 'default'))).mode,
      (await stat(stage.trainer.path(100, file))).mode,
    ];
    const before = await modes();

    const lease = await stage.lease();

    for (const directory of ['.', '..', 'default', 'default/d'])
      assert.equal((await stat(join(lease.path, directory))).mode & 0o777, 0o555, directory);
    if (snapshot_mode === 'copy') assert.equal((await stat(join(lease.path, file))).mode & 0o777, 0o444);
    assert.deepEqual(await modes(), before);
    assert.equal((await stage.release(lease)).status, 204);
    assert.equal(await exists(lease.path), false);
  }
});

test('holders of one generation share one snapshot; it goes when the last of them lets go', async (t) => {
  const stage = await Stage.set(t);
  await stage.trainer.save(100);
  const leases = await Promise.all([1, 2, 3].map(() => stage.lease({ step: 100 })));
  const [first, second, third] = leases;
  assert.ok(first && second && third);
  assert.equal(new Set(leases.map(({ path }) => path)).size, 1);
  assert.equal((await stage.history('types=snapshot.created')).length, 1);

  await stage.release(first);
  await stage.release(second);
  assert.deepEqual(await filesUnder(third.path), await filesUnder(stage.trainer.path(100)));

  assert.equal((await stage.release(third)).status, 204);
  assert.equal(await exists(third.path), false);
});

test('a step saved again is another generation with another snapshot; the old one stays while it is held', async (t) => {
  const stage = await Stage.set(t);
  await stage.trainer.save(100, { 'default/x': 'old' });
  const old = await stage.lease({ step: 100 });
  await stage.trainer.replace(100, { 'default/x': 'new' });

  const young = await stage.lease({ step: 100 });

  assert.notEqual(young.path, old.path);
  assert.equal((await filesUnder(old.path))?.['default/x'], 'old');
  assert.equal((await filesUnder(young.path))?.['default/x'], 'new');
});

test('after a release and a new grant of the same generation its snapshot is there again', async (t) => {
  const stage = await Stage.set(t);
  await stage.trainer.save(100);
  for (let round = 0; round < 20; round += 1) {
    const lease = await stage.lease({ step: 100 });
    const released = stage.release(lease);
    const next = await stage.lease({ step: 100 });
    assert.equal((await released).status, 204);
    assert.deepEqual(await filesUnder(next.path), await filesUnder(stage.trainer.path(100)));
    await stage.release(next);
  }
});

test('a run tells how many snapshots it has, and what they keep on disk that the trainer has deleted', async (t) => {
  const stage = await Stage.set(t);
  await stage.trainer.save(100);
  const lease = await stage.lease({ step: 100 });
  const { body: step } = await stage.get('/steps/100');
  assert.equal(step['leases'], 1);
  assert.equal((step['snapshot'] as { path: string }).path, lease.path);
  assert.deepEqual((await stage.run()).snapshots, { count: 1, retained_bytes: 0 });
  assert.deepEqual((await stage.run()).leases, { active: 1 });

  await stage.trainer.delete(100);
  await stage.event('step.deleted');

  assert.deepEqual((await stage.run()).snapshots, { count: 1, retained_bytes: step['size_bytes'] });
});

test('events tell of a snapshot that was made and taken away', async (t) => {
  const stage = await Stage.set(t);
  await stage.trainer.save(100);
  const lease = await stage.lease({ step: 100 });
  await stage.release(lease);
  await stage.observed.next('snapshotRemoved');

  const events = await stage.events('types=snapshot.created,snapshot.deleted');

  assert.deepEqual(
    events.map(({ type }) => type),
    ['snapshot.created', 'snapshot.deleted'],
  );
  assert.equal(events[0]?.data?.['path'], lease.path);
});

test("the trainer's own directory is left as it was, but for the snapshot directory", async (t) => {
  const stage = await Stage.set(t);
  await stage.trainer.save(100);
  const before = await filesUnder(stage.trainer.path(100));
  const times = await stat(stage.trainer.path(100, 'default/_METADATA'));

  await stage.release(await stage.lease({ step: 100 }));

  await stage.observed.next('snapshotRemoved');
  assert.deepEqual(await filesUnder(stage.trainer.path(100)), before);
  const after = await stat(stage.trainer.path(100, 'default/_METADATA'));
  assert.deepEqual([after.mtimeMs, after.mode, after.nlink], [times.mtimeMs, times.mode, 1]);
});
