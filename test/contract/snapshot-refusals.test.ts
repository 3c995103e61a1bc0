import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { Interference, unreadable } from './support/interference.js';
import { asLease, problem, Stage } from './support/stage.js';
import { filesUnder } from './support/trainer.js';

test('a symbolic link inside a step is never followed: the snapshot fails with a remedy and leaves nothing', async (t) => {
  for (const snapshot_mode of ['hardlink', 'copy']) {
    const stage = await Stage.set(t, { run: { snapshot_mode } });
    const temporary = await stage.trainer.prepare(100);
    await symlink('/etc/passwd', join(temporary, 'default/link'));
    execFileSync('mv', [temporary, stage.trainer.path(100)]);

    const { errno, detail } = problem(await stage.grant({ step: 100 }), 409, 'snapshot_failed');

    assert.equal(errno, 'ELOOP');
    assert.match(String(detail), /default\/link is a symbolic link.*Remove it/s);
    assert.deepEqual(await filesUnder(join(stage.root, '_STEPLEASE')), await marks(stage));
    assert.deepEqual(await stage.history('types=lease.granted,snapshot.created'), []);
  }
});

test('a FIFO inside a step fails the snapshot at once: nobody waits for its other end', async (t) => {
  for (const snapshot_mode of ['hardlink', 'copy']) {
    const stage = await Stage.set(t, { run: { snapshot_mode } });
    const temporary = await stage.trainer.prepare(100);
    execFileSync('mkfifo', [join(temporary, 'default/pipe')]);
    execFileSync('mv', [temporary, stage.trainer.path(100)]);

    const { detail } = problem(await stage.grant({ until: 100 }), 409, 'snapshot_failed');

    assert.match(String(detail), /default\/pipe is a FIFO/);
  }
});

/** What a snapshot directory without snapshots holds. */
async function marks(stage: Stage): Promise<Readonly<Record<string, string>>> {
  const files = (await filesUnder(join(stage.root, '_STEPLEASE'))) ?? {};
  return Object.fromEntries(
    ['owner.json', 'commit_success.txt'].flatMap((name) =>
      name in files ? [[name, files[name] ?? '']] : [],
    ),
  );
}

async function otherFilesystem(t: { after(callback: () => Promise<void>): void }): Promise<string | null> {
  const directory = await mkdtemp('/dev/shm/steplease-').catch(() => null);
  if (directory === null) return null;
  t.after(() => rm(directory, { recursive: true }));
  return directory;
}

test('hard links need one filesystem: EXDEV says so, and what to do; copy works there', async (t) => {
  const directory = await otherFilesystem(t);
  if (directory === null) return t.skip('there is no other filesystem');
  const stage = await Stage.set(t, { allowRoots: [directory], run: { snapshot_dir: join(directory, 'r') } });
  await stage.trainer.save(100);

  const { errno, detail } = problem(await stage.grant({ step: 100 }), 409, 'snapshot_failed');
  assert.equal(errno, 'EXDEV');
  assert.match(String(detail), /same filesystem.*snapshot_mode "copy"/s);
  assert.deepEqual(
    (await stage.run()).warnings.map(({ code }) => code),
    ['hard_links_not_permitted'],
  );

  await stage.configure({ snapshot_dir: join(directory, 'r'), snapshot_mode: 'copy' });
  const lease = await stage.lease({ step: 100 });
  assert.deepEqual(await filesUnder(lease.path), await filesUnder(stage.trainer.path(100)));
});

test('below min_free_bytes new grants get 507, and active leases stay', async (t) => {
  const stage = await Stage.set(t);
  await stage.trainer.save(100);
  const lease = await stage.lease({ step: 100 });
  await stage.configure({ min_free_bytes: Number.MAX_SAFE_INTEGER });

  problem(await stage.grant({ step: 100 }), 507, 'insufficient_storage');

  assert.equal((await stage.show(lease)).state, 'active');
  assert.equal((await stage.renew(lease)).status, 200);
});

test('a step that cannot be looked at since a restart fails with the errno that was seen, and is no deletion', async (t) => {
  for (const errno of ['EACCES', 'ESTALE', 'EIO']) {
    const interference = new Interference();
    const stage = await Stage.set(t, { around: interference.around });
    await stage.save(100);
    await stage.restart(() => interference.always('inspect', async () => [unreadable('100', errno)]));

    for (const body of [{ step: 100 }, { until: 100 }]) {
      const answer = problem(await stage.grant(body), 409, 'snapshot_failed');
      assert.equal(answer.errno, errno);
      assert.match(String(answer.detail), /a disk that fails/);
    }

    assert.deepEqual(await stage.history('types=step.deleted'), []);
    interference.stop('inspect');
    await stage.lease({ step: 100 });
  }
});

test('a full disk is 507, and leaves nothing behind', async (t) => {
  const interference = new Interference();
  const stage = await Stage.set(t, { around: interference.around });
  await stage.trainer.save(100);
  interference.next('build', async () => ({
    outcome: 'failed' as const,
    errno: 'ENOSPC',
    path: stage.root,
    detail: 'no space left on device',
  }));

  problem(await stage.grant({ step: 100 }), 507, 'insufficient_storage');

  assert.equal((await stage.run()).snapshots.count, 0);
  assert.equal((await stage.grant({ step: 100 })).status, 201);
});

test("another server's snapshot directory is never touched", async (t) => {
  const theirs = await Stage.set(t);
  await theirs.trainer.save(1);
  await theirs.lease();
  const directory = join(theirs.root, '_STEPLEASE');
  for (const name of ['.tmp-1', '.trash-1']) {
    await mkdir(join(directory, name));
    await writeFile(join(directory, name, 'half'), 'built');
  }
  const before = await filesUnder(directory);
  const mine = await Stage.set(t, { allowRoots: [theirs.root], run: { snapshot_dir: directory } });
  await mine.trainer.save(5);

  const { detail } = problem(await mine.grant({ step: 5 }), 409, 'snapshot_dir_in_use');

  assert.match(String(detail), /belongs to another steplease server/);
  assert.deepEqual(
    (await mine.run()).warnings.map(({ code }) => code),
    ['snapshot_dir_in_use'],
  );
  await mine.restart();
  assert.deepEqual(await filesUnder(directory), before);
});

test('max_leases_per_step limits the leases of one step, those under way included', async (t) => {
  const stage = await Stage.set(t, { run: { max_leases_per_step: 2 } });
  await stage.trainer.save(100);

  const answers = await Promise.all([1, 2, 3, 4].map(() => stage.grant({ step: 100 })));

  const granted = answers.filter(({ status }) => status === 201);
  assert.equal(granted.length, 2);
  const refused = answers.find(({ status }) => status !== 201);
  assert.ok(refused);
  problem(refused, 429, 'too_many_leases');
  assert.ok(Number(refused.headers.get('retry-after')) > 0);
  await stage.release(asLease(granted[0] ?? refused));
  assert.equal((await stage.grant({ step: 100 })).status, 201);
});
