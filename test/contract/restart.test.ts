import assert from 'node:assert/strict';
import { access, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test from 'node:test';
import Database from 'better-sqlite3';
import type { LeaseDocument } from '../../src/engine/documents.js';
import { FakeClock } from '../support/fake-clock.js';
import type { Cleanup } from '../support/temporary-directory.js';
import { Interference } from './support/interference.js';
import { problem, Stage, type StageOptions } from './support/stage.js';
import { filesUnder } from './support/trainer.js';

async function leased(
  t: Cleanup,
  options: StageOptions = {},
): Promise<{ stage: Stage; lease: LeaseDocument }> {
  const stage = await Stage.set(t, options);
  await stage.save(100);
  return { stage, lease: await stage.lease({ step: 100 }) };
}

/** Runs statements on the database of a server that is stopped. */
function edit(stage: Stage, ...statements: readonly string[]): void {
  const database = new Database(stage.databaseFile);
  for (const statement of statements) assert.ok(database.prepare(statement).run().changes > 0, statement);
  database.close();
}

function rows(stage: Stage, table: 'snapshots' | 'leases'): readonly unknown[] {
  const database = new Database(stage.databaseFile, { readonly: true });
  try {
    return database.prepare(`select * from ${table}`).all();
  } finally {
    database.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** What is in the snapshot directory beside the marks of its owner. */
async function snapshotEntries(stage: Stage, name = '_STEPLEASE'): Promise<readonly string[]> {
  const entries = await readdir(join(stage.root, name)).catch(() => []);
  return entries.filter((entry) => entry !== 'owner.json' && entry !== 'commit_success.txt').sort();
}

test('an active lease goes on after a restart, with its snapshot, and its full TTL again', async (t) => {
  const clock = new FakeClock();
  const { stage, lease } = await leased(t, { clock });
  clock.advance(50_000);

  await stage.restart();

  assert.equal((await stage.show(lease)).ttl_remaining, 60);
  assert.deepEqual(await filesUnder(lease.path), await filesUnder(stage.trainer.path(100)));
  clock.advance(60_000);
  assert.equal((await stage.show(lease)).state, 'active');
  clock.advance(1_000);
  await stage.event('lease.expired');
  await stage.observed.next('snapshotRemoved');
});

test('the time in which the server starts is not taken from the TTL', async (t) => {
  const clock = new FakeClock();
  const interference = new Interference();
  const { stage, lease } = await leased(t, { clock, around: interference.around });

  await stage.restart(() => {
    interference.next('inventory', async (proceed) => {
      clock.advance(600_000);
      return proceed();
    });
  });

  assert.equal((await stage.show(lease)).ttl_remaining, 60);
});

test('a lease is renewed and released after a restart as before it', async (t) => {
  const { stage, lease } = await leased(t);
  await stage.restart();

  assert.equal((await stage.renew(lease)).status, 200);
  assert.equal((await stage.release(lease)).status, 204);

  assert.equal(await exists(lease.path), false);
});

test('a lease joins a snapshot that an earlier process made', async (t) => {
  const { stage, lease } = await leased(t);
  await stage.restart();

  const joined = await stage.lease({ step: 100 });

  assert.equal(joined.path, lease.path);
  await stage.release(lease);
  assert.ok(await filesUnder(joined.path));
});

test('snapshots are verified: what other hands damaged while the server was down is lost', async (t) => {
  for (const damage of [
    (path: string) => rm(path, { recursive: true }),
    (path: string) => rm(join(path, 'default/d/0cc78e3c')),
  ]) {
    const { stage, lease } = await leased(t);

    await stage.restart(() => damage(lease.path));

    problem(await stage.renew(lease), 410, 'lease_lost');
    await stage.observed.next('snapshotRemoved');
    assert.deepEqual(await snapshotEntries(stage), []);
    assert.deepEqual(await stage.history('types=lease.lost'), ['lease.lost 1']);
  }
});

test('a snapshot that cannot be looked at is no loss, and does not keep the server from starting', async (t) => {
  const interference = new Interference();
  const clock = new FakeClock();
  const { stage, lease } = await leased(t, { clock, around: interference.around });

  await stage.restart(() => interference.next('inventory', () => Promise.reject(new Error('EIO'))));

  assert.equal((await stage.show(lease)).state, 'active');
  // The next look finds it whole, and the one after that what is wrong with it.
  assert.equal((await stage.renew(lease)).status, 200);
  await rm(join(lease.path, 'default/d/0cc78e3c'));
  problem(await stage.renew(lease), 410, 'lease_lost');
});

test('a snapshot directory whose mark cannot be read does not keep the server from starting', async (t) => {
  const { stage, lease } = await leased(t);

  await stage.restart(() => writeFile(join(stage.root, '_STEPLEASE/owner.json'), 'no mark'));

  assert.equal((await stage.show(lease)).state, 'active');
  assert.match(JSON.stringify((await stage.run()).warnings), /owner\.json names no store/);
});

test('cursors go on: no event is lost, repeated or renumbered over a restart', async (t) => {
  const { stage } = await leased(t);
  const before = await stage.events();
  const cursor = before.at(-1)?.id;

  await stage.restart();
  await stage.save(200);

  assert.deepEqual(await stage.history(`after=${cursor}`), ['step.finalized 200']);
  assert.deepEqual((await stage.events()).slice(0, before.length), before);
});

test('a lease that ended stays ended, and can be looked up', async (t) => {
  const { stage, lease } = await leased(t);
  await stage.release(lease);

  await stage.restart();

  assert.equal((await stage.show(lease)).state, 'released');
  problem(await stage.renew(lease), 410, 'lease_released');
  assert.equal((await stage.release(lease)).status, 204);
});

test('on shutdown a grant that waits is 503, and gives no lease', async (t) => {
  const stage = await Stage.set(t);
  const waiting = stage.grant({ until: 100 });
  await stage.observed.next('waitStarted');

  await stage.stop();

  problem(await waiting, 503, 'shutting_down');
  await stage.start();
  assert.deepEqual((await stage.get('/leases?state=all')).body['items'], []);
});

test('a shutdown while a snapshot is built leaves a lease that was told of, or nothing', async (t) => {
  const interference = new Interference();
  const stage = await Stage.set(t, { around: interference.around });
  await stage.save(100);
  let stopped: Promise<void> = Promise.resolve();
  interference.next('build', async (proceed) => {
    stopped = stage.stop();
    return proceed();
  });

  const answer = await stage.grant({ step: 100 });
  await stopped;
  await stage.start();

  const { body } = await stage.get('/leases');
  assert.equal((body['items'] as unknown[]).length, answer.status === 201 ? 1 : 0);
  assert.equal((await snapshotEntries(stage)).length, answer.status === 201 ? 1 : 0);
});

test('stopped after the rows of a grant: neither lease nor snapshot is left', async (t) => {
  const { stage, lease } = await leased(t);
  const home = dirname(dirname(lease.path));

  await stage.restart(async () => {
    edit(stage, `update leases set state = 'pending'`, `update snapshots set state = 'building'`);
    await rm(dirname(lease.path), { recursive: true });
  });

  await assertNothing(stage);
  assert.equal(await exists(home), true);
});

test('stopped in the middle of a build: what was built is removed', async (t) => {
  const { stage, lease } = await leased(t);

  await stage.restart(async () => {
    edit(stage, `update leases set state = 'pending'`, `update snapshots set state = 'building'`);
    await rename(dirname(lease.path), join(stage.root, '_STEPLEASE/.tmp-1'));
    await rm(join(stage.root, '_STEPLEASE/.tmp-1/100/default/d'), { recursive: true });
  });

  await assertNothing(stage);
});

test('stopped between the rename into place and its row: the snapshot is removed', async (t) => {
  for (const snapshot_layout of ['generation', 'orbax']) {
    const { stage } = await leased(t, { run: { snapshot_layout } });

    await stage.restart(() =>
      edit(stage, `update leases set state = 'pending'`, `update snapshots set state = 'building'`),
    );

    await assertNothing(stage, snapshot_layout === 'orbax' ? '_SNAPSHOTS' : '_STEPLEASE');
  }
});

test('stopped between the ready snapshot and the lease: nobody holds it, so it is removed', async (t) => {
  const { stage } = await leased(t);

  await stage.restart(() => edit(stage, `update leases set state = 'pending'`));

  await assertNothing(stage);
});

test('stopped at any point of a removal: it is finished', async (t) => {
  for (const snapshot_layout of ['generation', 'orbax']) {
    const name = snapshot_layout === 'orbax' ? '_SNAPSHOTS' : '_STEPLEASE';
    for (const leave of [
      async () => undefined,
      (published: string, trash: string) => rename(published, trash),
      async (published: string, trash: string) => {
        await rename(published, trash);
        await rm(join(trash, snapshot_layout === 'orbax' ? 'default' : '100/default'), { recursive: true });
      },
      (published: string) => rm(published, { recursive: true }),
    ]) {
      const { stage, lease } = await leased(t, { run: { snapshot_layout } });

      await stage.restart(async () => {
        edit(
          stage,
          `update leases set state = 'released', ended_at = granted_at`,
          `update snapshots set state = 'deleting'`,
        );
        const published = snapshot_layout === 'orbax' ? lease.path : dirname(lease.path);
        await leave(published, join(stage.root, name, '.trash-1'));
      });

      await stage.observed.next('snapshotRemoved');
      assert.deepEqual(await snapshotEntries(stage, name), []);
      assert.deepEqual(rows(stage, 'snapshots'), []);
      assert.deepEqual(await stage.history('types=snapshot.deleted'), ['snapshot.deleted 100']);
      assert.equal((await stage.show(lease)).state, 'released');
    }
  }
});

test('leftovers that no row knows are removed, and nothing else', async (t) => {
  const { stage, lease } = await leased(t);
  const at = (...parts: readonly string[]) => join(stage.root, '_STEPLEASE', ...parts);

  await stage.restart(async () => {
    for (const name of ['.tmp-77', '.trash-78', '1a-2b-3c', 'notes of an administrator', 'RESULTS'])
      await mkdir(at(name, '100'), { recursive: true });
  });

  assert.deepEqual(
    await snapshotEntries(stage),
    ['RESULTS', lease.generation, 'notes of an administrator'].sort(),
  );
  assert.ok(await filesUnder(lease.path));
});

test('layout orbax: what is not ours in _SNAPSHOTS is left alone', async (t) => {
  const { stage } = await leased(t, { run: { snapshot_layout: 'orbax' } });

  await stage.restart(async () => {
    await mkdir(join(stage.root, '_SNAPSHOTS/.trash-78'));
    await mkdir(join(stage.root, '_SNAPSHOTS/55'));
  });

  assert.deepEqual(await snapshotEntries(stage, '_SNAPSHOTS'), ['100', '55']);
});

test('layout orbax: undoing a build takes nothing away from who has the path', async (t) => {
  const { stage, lease } = await leased(t, { run: { snapshot_layout: 'orbax' } });
  const before = await filesUnder(lease.path);

  // As a stop leaves it in which the next generation of the step was being built, and found the path occupied.
  await stage.restart(() => {
    edit(
      stage,
      `insert into snapshots select 2, run, 'x-y-z', step, step_name, 'building', mode, layout,
         snapshot_directory, path, 'another digest', size_bytes, file_count, created_at from snapshots`,
    );
  });

  assert.deepEqual(await filesUnder(lease.path), before);
  assert.equal((await stage.renew(lease)).status, 200);
  assert.equal(rows(stage, 'snapshots').length, 1);
});

test('layout orbax: a stranger who moved in after a snapshot was taken away stays', async (t) => {
  const { stage, lease } = await leased(t, { run: { snapshot_layout: 'orbax' } });

  await stage.restart(async () => {
    edit(
      stage,
      `update leases set state = 'released', ended_at = granted_at`,
      `update snapshots set state = 'deleting'`,
    );
    await rename(lease.path, join(stage.root, '_SNAPSHOTS/.trash-1'));
    await mkdir(lease.path);
    await writeFile(join(lease.path, 'mine'), 'hands off');
  });

  await stage.observed.next('snapshotRemoved');
  assert.deepEqual(await filesUnder(lease.path), { mine: 'hands off' });
  assert.deepEqual(await snapshotEntries(stage, '_SNAPSHOTS'), ['100']);
});

/** Neither lease nor snapshot, on disk and in the database; and the step can be leased again. */
async function assertNothing(stage: Stage, name = '_STEPLEASE'): Promise<void> {
  for (let round = 0; rows(stage, 'snapshots').length > 0 && round < 100; round += 1)
    await stage.get('/livez');
  assert.deepEqual(rows(stage, 'snapshots'), []);
  assert.deepEqual(rows(stage, 'leases'), []);
  assert.deepEqual(await snapshotEntries(stage, name), []);
  const lease = await stage.lease({ step: 100 });
  assert.ok(lease.number > 1, 'no number is used twice');
  assert.deepEqual(await filesUnder(lease.path), await filesUnder(stage.trainer.path(100)));
}
