import assert from 'node:assert/strict';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import test from 'node:test';
import { exists, snapshotEntries } from './support/aftermath.js';
import { failedBuild, Interference } from './support/interference.js';
import { problem, Stage } from './support/stage.js';
import { filesUnder } from './support/trainer.js';
import { Workers } from './support/workers.js';

const EVERY = { mode: 'every', start: 'earliest', max_pending: 100 };
const ENORMOUS = { min_free_bytes: Number.MAX_SAFE_INTEGER };

test('a hold does not wait behind a slow one, of the same run or of another', async (t) => {
  const interference = new Interference();
  const stage = await Stage.set(t, { around: interference.around });
  const workers = await Workers.set(stage, EVERY);
  let finish: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => {
    finish = resolve;
  });
  interference.next('build', async (proceed) => {
    await slow;
    return proceed();
  });
  await stage.save(10);
  await stage.save(20);
  await workers.held(20);
  await stage.trainer.delete(20);
  finish();
  await workers.held(10);

  assert.deepEqual(await workers.drain(), [10, 20]);
});

test('a hold that is being taken keeps the paths of the run where they are: 409 run_in_use', async (t) => {
  const interference = new Interference();
  const stage = await Stage.set(t, { around: interference.around });
  const workers = await Workers.set(stage, EVERY);
  let finish: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    interference.next('build', async (proceed) => {
      resolve();
      await new Promise<void>((end) => {
        finish = end;
      });
      return proceed();
    });
  });
  await stage.save(10);
  await begun;

  problem(await stage.configure({ snapshot_layout: 'orbax' }), 409, 'run_in_use');

  finish();
  await workers.held(10);
});

test('a hold that fails is retried while the step exists, and shown as last_error', async (t) => {
  const interference = new Interference();
  const stage = await Stage.set(t, { around: interference.around });
  const workers = await Workers.set(stage, EVERY);
  interference.always('build', async () => failedBuild('EPERM', 'operation not permitted'));
  await stage.save(10);
  await stage.observed.next('holdFailed');
  const failing = await workers.show();
  assert.match(failing.last_error ?? '', /step 10.*snapshot_failed.*operation not permitted/);
  assert.deepEqual(failing.pending, [10]);
  problem(await workers.next({ timeout: 0 }), 409, 'snapshot_failed');

  interference.stop('build');
  await workers.held(10);

  assert.equal((await workers.show()).last_error, null);
  assert.deepEqual(await workers.drain(), [10]);
});

test('a step whose hold failed and that is deleted then is skipped', async (t) => {
  const interference = new Interference();
  const stage = await Stage.set(t, { around: interference.around });
  const workers = await Workers.set(stage, EVERY);
  interference.always('build', async () => failedBuild('EPERM', 'operation not permitted'));
  await stage.save(10);
  await stage.observed.next('holdFailed');
  await stage.trainer.delete(10);
  await stage.event('consumer.skipped', 'c');

  assert.equal(await workers.refusal(), 'timeout');
  assert.deepEqual(await snapshotEntries(stage), []);
});

test('below min_free_bytes holds give way oldest first, new grants get 507, active leases stay', async (t) => {
  const stage = await Stage.set(t);
  const workers = await Workers.set(stage, { ...EVERY, max_in_flight: 2 });
  for (const step of [10, 20, 30]) {
    await stage.save(step);
    await workers.held(step);
  }
  const lease = await workers.delivery();

  assert.equal((await stage.configure(ENORMOUS)).status, 200);
  problem(await workers.next({ timeout: 0 }), 507, 'insufficient_storage');
  await stage.event('consumer.skipped');
  await stage.event('consumer.skipped');

  const skipped = await stage.events('types=consumer.skipped');
  assert.deepEqual(
    skipped.map(({ data }) => [data?.['step'], data?.['reason']]),
    [
      [20, 'disk'],
      [30, 'disk'],
    ],
  );
  assert.equal((await stage.renew(lease)).status, 200);
  assert.equal((await workers.ack(lease)).status, 200);
  for (const step of ['20', '30', '10']) await stage.event('snapshot.deleted', step);
  assert.deepEqual(await snapshotEntries(stage), []);
});

test('what is finalized below min_free_bytes stays owed, and is held when there is room again', async (t) => {
  const stage = await Stage.set(t);
  const workers = await Workers.set(stage, EVERY);
  await stage.configure(ENORMOUS);
  await stage.trainer.save(10);
  await stage.observed.next('holdFailed');
  assert.match((await workers.show()).last_error ?? '', /insufficient_storage/);

  await stage.configure();
  await workers.held(10);

  assert.deepEqual(await workers.drain(), [10]);
});

test('holds and leases of one generation share one snapshot, which goes with the last of them', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(10);
  const first = await Workers.set(stage, EVERY, 'first');
  const second = await Workers.set(stage, EVERY, 'second');
  const lease = await stage.lease({ step: 10 });
  const delivery = await first.delivery();
  assert.equal(delivery.path, lease.path);
  assert.equal((await stage.run()).snapshots.count, 1);

  assert.equal((await stage.release(lease)).status, 204);
  assert.equal((await first.ack(delivery)).status, 200);
  assert.equal(await exists(lease.path), true, 'the second consumer holds it');
  assert.equal((await second.remove()).status, 204);

  assert.equal(await exists(lease.path), false);
});

test('a hold whose files vanish by other hands is taken anew while the step is there', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(10);
  const workers = await Workers.set(stage, EVERY);
  const contents = await filesUnder(stage.trainer.path(10));
  const [held = ''] = await snapshotEntries(stage);
  await rm(`${stage.root}/_STEPLEASE/${held}`, { recursive: true });
  // The next look at all snapshots finds it.
  await stage.event('snapshot.deleted', '10');
  await workers.held(10);

  const lease = await workers.delivery();

  assert.deepEqual(await filesUnder(lease.path), contents);
});

test('a delivery whose files vanish by other hands ends as lost, and the step is offered again while it is there', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(10);
  const workers = await Workers.set(stage, EVERY);
  const lost = await workers.delivery();
  await rm(dirname(lost.path), { recursive: true });
  problem(await stage.renew(lost), 410, 'lease_lost');

  const again = await workers.delivery();

  assert.deepEqual([again.step, again.delivery?.attempt], [10, 2]);
  assert.deepEqual(await filesUnder(again.path), await filesUnder(stage.trainer.path(10)));
});

for (const run of [{ snapshot_mode: 'copy' }, { snapshot_layout: 'orbax' }]) {
  test(`${JSON.stringify(run)}: steps are held and delivered`, async (t) => {
    const stage = await Stage.set(t, { run });
    const workers = await Workers.set(stage, EVERY);
    for (const step of [10, 20]) {
      await stage.save(step);
      await workers.held(step);
      await stage.trainer.delete(step);
    }
    assert.deepEqual(await workers.drain(), [10, 20]);
  });
}

test('layout orbax: a step saved again is held when the path of the one before is free', async (t) => {
  const stage = await Stage.set(t, { run: { snapshot_layout: 'orbax' } });
  const workers = await Workers.set(stage, EVERY);
  await stage.save(10);
  await workers.held(10);
  await stage.trainer.replace(10);
  await stage.observed.next('holdFailed', ({ code }) => code === 'snapshot_path_busy');

  const first = await workers.delivery();
  assert.equal((await workers.ack(first)).status, 200);
  const second = await workers.delivery({ timeout: 20 });

  assert.deepEqual([first.step, second.step], [10, 10]);
  assert.notEqual(first.generation, second.generation);
});

/** A consumer that owes 10, which is held, and 20, which is not; snapshots lie outside the directory, which may go away and come back. */
async function halfHeld(t: Parameters<typeof Stage.set>[0]) {
  const interference = new Interference();
  const stage = await Stage.set(t, { around: interference.around });
  const run = { snapshot_dir: stage.beside('snapshots') };
  assert.equal((await stage.configure(run)).status, 200);
  const workers = await Workers.set(stage, { ...EVERY, max_pending: 1 });
  for (const step of [10, 20]) await stage.save(step);
  await workers.held(10);
  const away = async () => {
    await rename(stage.root, stage.beside('elsewhere'));
    await writeFile(stage.root, 'no directory');
  };
  const back = async () => {
    await rm(stage.root);
    await rename(stage.beside('elsewhere'), stage.root);
  };
  return { interference, stage, workers, run, away, back };
}

test('while the directory cannot be read nothing is skipped: held steps are delivered, the others when it is back', async (t) => {
  const { interference, stage, workers, run, away, back } = await halfHeld(t);
  interference.beforeLook(away);
  assert.equal((await stage.configure(run)).status, 200);
  await stage.event('run.unavailable');

  assert.deepEqual(await workers.drain(), [10]);
  assert.deepEqual((await workers.show()).pending, [20]);
  interference.beforeLook(back);

  assert.equal((await workers.delivery({ timeout: 20 })).step, 20);
  assert.deepEqual(await stage.events('types=consumer.skipped'), []);
});

test('a worker that waits while the directory cannot be read after a restart gets its step when it is back', async (t) => {
  const { interference, stage, workers, away, back } = await halfHeld(t);
  await stage.restart(away);
  await stage.event('run.unavailable');
  assert.deepEqual(await workers.drain(), [10]);

  const waiting = workers.delivery({ timeout: 60 });
  // The two before are those of the drain.
  for (let started = 0; started < 3; started += 1) await stage.observed.next('waitStarted');
  interference.beforeLook(back);

  assert.equal((await waiting).step, 20);
  assert.deepEqual(await stage.events('types=consumer.skipped'), []);
});
