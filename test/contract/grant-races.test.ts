import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import test from 'node:test';
import { FakeClock } from '../support/fake-clock.js';
import { failedBuild, Interference } from './support/interference.js';
import { asLease, problem, Stage } from './support/stage.js';
import { filesUnder } from './support/trainer.js';

test('a step whose files vanish while it is snapshotted is 410 step_gone, and nothing of it stays', async (t) => {
  const interference = new Interference();
  const stage = await Stage.set(t, { around: interference.around });
  await stage.save(100);
  interference.next('build', async (proceed) => {
    await rm(stage.trainer.path(100, 'default/d/0cc78e3c'));
    return proceed();
  });

  const { detail } = problem(await stage.grant({ step: 100 }), 410, 'step_gone');

  assert.match(String(detail), /default\/d\/0cc78e3c of 100 is missing/);
  assert.deepEqual((await stage.run()).snapshots, { count: 0, retained_bytes: 0 });
  assert.deepEqual(await stage.history('types=lease.granted,snapshot.created'), []);
  assert.deepEqual((await stage.get('/leases?state=all')).body['items'], []);
});

test('latest and until go on with what remains when a step vanishes while it is snapshotted', async (t) => {
  const interference = new Interference();
  const stage = await Stage.set(t, { around: interference.around });
  for (const step of [100, 200, 300]) await stage.save(step);
  for (const [body, next] of [
    [{ step: 'latest' }, 300],
    [{ until: 50 }, 200],
  ] as const) {
    interference.next('build', async (proceed) => {
      await stage.trainer.delete(next);
      return proceed();
    });
    const lease = await stage.lease(body);
    assert.equal(lease.step, next - 100);
    await stage.release(lease);
  }
});

test('until waits on, within the timeout, when the only step that is high enough vanishes', async (t) => {
  const interference = new Interference();
  const stage = await Stage.set(t, { around: interference.around });
  await stage.save(100);
  interference.next('build', async (proceed) => {
    await stage.trainer.delete(100);
    return proceed();
  });

  const waiting = stage.grant({ until: 100 });
  await stage.event('step.deleted', '100');
  await stage.trainer.save(101);

  assert.equal(asLease(await waiting).step, 101);
});

test('a file that is replaced while it is snapshotted never ends in a snapshot of two generations', async (t) => {
  const interference = new Interference();
  const stage = await Stage.set(t, { around: interference.around });
  await stage.save(100);
  interference.next('build', async (proceed) => {
    await stage.trainer.replace(100, { 'default/x': 'of the next generation' });
    return proceed();
  });

  problem(await stage.grant({ step: 100 }), 410, 'step_gone');

  const lease = await stage.lease({ step: 100 });
  assert.deepEqual(await filesUnder(lease.path), await filesUnder(stage.trainer.path(100)));
});

test('ignore_snapshot_errors forgives vanished files, and only them: nothing is protected then', async (t) => {
  const interference = new Interference();
  const stage = await Stage.set(t, { around: interference.around });
  await stage.save(100);
  const body = { step: 100, ignore_snapshot_errors: true };
  interference.next('build', async () => failedBuild('EPERM', 'not permitted'));
  problem(await stage.grant(body), 409, 'snapshot_failed');
  interference.next('build', async (proceed) => {
    await rm(stage.trainer.path(100, 'default/d/0cc78e3c'));
    return proceed();
  });

  const lease = await stage.lease(body);

  assert.equal(lease.snapshot, false);
  assert.equal(lease.path, stage.trainer.path(100));
  assert.equal((await stage.run()).snapshots.count, 0);
  assert.equal((await stage.release(lease)).status, 204);
  assert.ok(await filesUnder(stage.trainer.path(100)), 'the original is not removed with the lease');
});

test('everybody who waits for the same snapshot hears of its failure, and the next call begins anew', async (t) => {
  const interference = new Interference();
  const stage = await Stage.set(t, { around: interference.around });
  await stage.save(100);
  interference.next('build', async () => failedBuild('EIO', 'input/output error'));

  const answers = await Promise.all([1, 2, 3].map(() => stage.grant({ step: 100 })));

  // Who came when the failed build was undone already has begun another one.
  const failed = answers.filter(({ status }) => status !== 201);
  assert.ok(failed.length > 0);
  for (const answer of failed) assert.equal(problem(answer, 409, 'snapshot_failed')['errno'], 'EIO');
  assert.equal((await stage.grant({ step: 100 })).status, 201);
});

test('who joins in the moment in which the snapshot becomes ready gets it, too', async (t) => {
  const stage = await Stage.set(t);
  for (let step = 1; step <= 25; step += 1) {
    await stage.save(step);
    const answers = await Promise.all(Array.from({ length: 8 }, () => stage.grant({ step })));
    assert.deepEqual(
      answers.map(({ status }) => status),
      answers.map(() => 201),
      JSON.stringify(answers.map(({ body }) => body)),
    );
    for (const answer of answers) await stage.release(asLease(answer));
  }
});

test('a client that is gone when the grant commits: its lease is released at once', async (t) => {
  const interference = new Interference();
  const stage = await Stage.set(t, { around: interference.around });
  await stage.save(100);
  let building: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    building = resolve;
  });
  let goOn: () => void = () => undefined;
  interference.next('build', async (proceed) => {
    building();
    await new Promise<void>((resolve) => {
      goOn = resolve;
    });
    return proceed();
  });
  const answer = stage.grant({ step: 100 });
  await begun;

  answer.hangUp();
  await assert.rejects(answer);
  // The end of one connection is seen before what comes over later ones.
  for (let round = 0; round < 5; round += 1) await stage.get('/livez');
  goOn();

  await stage.event('lease.released');
  await stage.observed.next('snapshotRemoved');
  assert.deepEqual((await stage.run()).leases, { active: 0 });
});

test('a client that hangs up while it waits frees its waiter at once, and gets no lease', async (t) => {
  const stage = await Stage.set(t, { flags: { max_waits: 1 } });
  const answer = stage.grant({ until: 100 });
  await stage.observed.next('waitStarted');
  problem(await stage.grant({ until: 100 }), 429, 'too_many_waits');

  answer.hangUp();
  await stage.observed.next('waitEnded', ({ outcome }) => outcome === 'cancelled');

  assert.equal((await stage.grant({ until: 100, timeout: 0 })).status, 200);
  await stage.save(100);
  assert.deepEqual(await stage.history('types=lease.granted'), []);
});

test('a run that is removed while its step is snapshotted gives no lease any more', async (t) => {
  const interference = new Interference();
  const stage = await Stage.set(t, { around: interference.around });
  await stage.save(100);
  interference.next('build', async (proceed) => {
    assert.equal((await stage.call('DELETE', '/runs/r?force=true')).status, 204);
    return proceed();
  });

  problem(await stage.grant({ step: 100 }), 404, 'run_not_found');

  assert.deepEqual((await stage.get('/leases')).body['items'], []);
  await stage.observed.next('snapshotRemoved');
});

test('a database that takes no writes while a grant is under way leaves neither lease nor snapshot', async (t) => {
  const interference = new Interference();
  const clock = new FakeClock();
  const stage = await Stage.set(t, { clock, run: { poll_interval: 60 }, around: interference.around });
  await stage.save(100);
  interference.next('build', async (proceed) => {
    const result = await proceed();
    interference.storeFault = new Error('disk I/O error');
    return result;
  });
  assert.equal((await stage.grant({ step: 100 })).status, 500);
  const { detail } = problem(await stage.grant({ step: 100 }), 409, 'snapshot_path_busy');
  assert.match(String(detail), /cannot be removed: disk I\/O error/);

  interference.storeFault = null;
  const timers = clock.pendingTimers;
  const waiting = stage.grant({ until: 100, timeout: 300 });
  // Its timeout and its pause before the next attempt.
  await stage.timersSet(clock, timers + 2);
  // Long before the next poll.
  clock.advance(1_000);

  const lease = asLease(await waiting);
  // Without a trace of the first attempt: its pending lease would keep the snapshot, its row would forbid another one.
  await stage.observed.next('snapshotRemoved');
  assert.equal((await stage.release(lease)).status, 204);
  await stage.observed.next('snapshotRemoved');
  assert.equal((await stage.run()).snapshots.count, 0);
});

test('a database that refuses the very last commit of a grant leaves neither lease nor snapshot', async (t) => {
  const interference = new Interference();
  const clock = new FakeClock();
  const stage = await Stage.set(t, { clock, around: interference.around });
  await stage.save(100);
  const answer = stage.grant({ step: 100 });
  await stage.observed.next('snapshotBuilt');
  interference.storeFault = new Error('disk I/O error');
  problem(await answer, 500, 'internal');

  interference.storeFault = null;
  clock.advance(1_000);

  await stage.observed.next('snapshotRemoved');
  assert.deepEqual((await stage.get('/leases?state=all')).body['items'], []);
  await assertGranted(stage);
});

/** Grants and releases once. */
async function assertGranted(stage: Stage): Promise<void> {
  const lease = await stage.lease({ until: 100 });
  assert.equal((await stage.release(lease)).status, 204);
  await stage.observed.next('snapshotRemoved');
}
