import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { eventually } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';
import { Interference, unreadable } from './support/interference.js';
import { asLease, problem, Stage, type StageOptions } from './support/stage.js';
import { Workers } from './support/workers.js';

const EVERY = { mode: 'every', start: 'earliest' };

/** A consumer that owes some steps. */
async function owing(
  t: Parameters<typeof Stage.set>[0],
  steps: readonly number[],
  settings: object = {},
  options: StageOptions = {},
): Promise<{ stage: Stage; workers: Workers }> {
  const stage = await Stage.set(t, options);
  for (const step of steps) await stage.save(step);
  return { stage, workers: await Workers.set(stage, { ...EVERY, max_pending: 100, ...settings }) };
}

test('next answers 201 with a lease, its Location, and its delivery', async (t) => {
  const { stage, workers } = await owing(t, [10]);

  const answer = await workers.next({ ttl: 5, holder: 'eval-3' });

  const { id, step, state, holder, ttl, snapshot, delivery, labels } = answer.body;
  assert.equal(answer.status, 201);
  assert.equal(answer.headers.get('location'), `/leases/${id}`);
  assert.deepEqual(
    { step, state, holder, ttl, snapshot, delivery, labels },
    {
      step: 10,
      state: 'active',
      holder: 'eval-3',
      ttl: 5,
      snapshot: true,
      delivery: { consumer: 'c', attempt: 1 },
      labels: {},
    },
  );
  const listed = (await stage.get('/leases?run=r')).body.items[0];
  assert.deepEqual([listed.id, listed.delivery], [undefined, { consumer: 'c', attempt: 1 }]);
});

test('a lease that POST /leases gave is no delivery: 409 not_a_delivery', async (t) => {
  const { stage, workers } = await owing(t, [10]);
  const lease = await stage.lease({ step: 10 });
  assert.equal(lease.delivery, null);

  problem(await workers.ack(lease), 409, 'not_a_delivery');
  problem(await workers.nack(lease), 409, 'not_a_delivery');
  problem(await stage.post('/leases/ls_unknown/ack'), 404, 'lease_not_found');
  assert.equal((await stage.show(lease)).state, 'active');
});

test("next takes the consumer's ttl unless a worker asks for another; limits are those of leases", async (t) => {
  const { workers } = await owing(t, [10, 20], { ttl: 7, max_in_flight: 2 });
  assert.equal((await workers.delivery()).ttl, 7);
  assert.equal((await workers.delivery({ ttl: 9 })).ttl, 9);
  problem(await workers.next({ ttl: 0 }), 400, 'invalid_request');
  problem(await workers.next({ ttl: 86_401 }), 400, 'invalid_request');
  problem(await workers.next({ holder: 'x'.repeat(129) }), 400, 'invalid_request');
  problem(await workers.next({ until: 10 }), 400, 'invalid_request');
});

test('ack releases the lease, keeps the result and moves the cursor on; repeated it changes nothing', async (t) => {
  const { stage, workers } = await owing(t, [10, 20]);
  const lease = await workers.delivery();
  const result = { accuracy: 0.71, per_task: [1, null, 'ü'] };

  const acked = await workers.ack(lease, { result });
  const again = await workers.ack(lease, { result: { other: true } });

  assert.deepEqual([acked.status, again.status], [200, 200]);
  assert.equal(acked.body['state'], 'released');
  assert.deepEqual(again.body, acked.body);
  assert.equal((await workers.show()).last_acked_step, 10);
  const [kept, ...others] = await workers.results();
  assert.deepEqual(others, []);
  const { acked_at, ...rest } = kept ?? { acked_at: '' };
  assert.match(acked_at, /Z$/);
  assert.deepEqual(rest, { step: 10, generation: lease.generation, attempts: 1, result });
  assert.deepEqual(await stage.history('types=lease.released'), [`lease.released ${lease.number}`]);
  assert.equal((await workers.delivery()).step, 20);
});

test('a result is an object of at most 16 KiB', async (t) => {
  const { workers } = await owing(t, [10]);
  const lease = await workers.delivery();
  problem(await workers.ack(lease, { result: [1] }), 400, 'invalid_request');
  problem(await workers.ack(lease, { result: 'good' }), 400, 'invalid_request');
  const padding = (bytes: number) => ({ result: { x: 'x'.repeat(bytes - '{"x":""}'.length) } });
  problem(await workers.ack(lease, padding(16_385)), 413, 'payload_too_large');
  assert.equal((await workers.ack(lease, padding(16_384))).status, 200);
});

test('results are listed in the order of the acknowledgements, page by page', async (t) => {
  const { workers } = await owing(t, [10, 20, 30], { max_in_flight: 3 });
  const leases = [await workers.delivery(), await workers.delivery(), await workers.delivery()];
  for (const lease of leases.toReversed()) assert.equal((await workers.ack(lease)).status, 200);

  const steps = (results: readonly { step: number }[]) => results.map(({ step }) => step);
  assert.deepEqual(steps(await workers.results()), [30, 20, 10]);
  assert.deepEqual(steps(await workers.results('&limit=2')), [30, 20]);
  assert.deepEqual(steps(await workers.results('&limit=2&page=2')), [10]);
});

test('nack offers the step again, before those that come after it', async (t) => {
  const { workers } = await owing(t, [10, 20]);
  const first = await workers.delivery();

  const nacked = await workers.nack(first);
  const repeated = await workers.nack(first);

  assert.deepEqual([nacked.status, repeated.status], [200, 200]);
  assert.deepEqual(repeated.body, nacked.body);
  const again = await workers.delivery();
  assert.deepEqual([again.step, again.delivery?.attempt], [10, 2]);
  assert.equal(again.path, first.path, 'it was held all the time');
});

test('a delay keeps the step back for so long, and others go ahead', async (t) => {
  const clock = new FakeClock();
  const { workers } = await owing(t, [10, 20], {}, { clock });
  assert.equal((await workers.nack(await workers.delivery(), { delay: 60 })).status, 200);
  const other = await workers.delivery();
  assert.equal(other.step, 20);
  assert.equal((await workers.ack(other)).status, 200);
  assert.equal(await workers.refusal(), 'timeout');

  clock.advance(60_000);

  assert.equal((await workers.delivery({ timeout: 0 })).step, 10);
});

test('a worker that waits gets a delayed step when it is due', async (t) => {
  const { workers } = await owing(t, [10]);
  const nacked = asLease(await workers.nack(await workers.delivery(), { delay: 0.3 }));

  const again = await workers.delivery({ timeout: 20 });

  assert.equal(again.delivery?.attempt, 2);
  const delayMs = Date.parse(again.granted_at) - Date.parse(nacked.ended_at ?? '');
  assert.ok(delayMs >= 299 && delayMs < 10_000, `${delayMs} ms`);
});

for (const [word, other] of [
  ['ack', 'nack'],
  ['nack', 'ack'],
] as const) {
  test(`${other} after ${word} is 410 lease_released`, async (t) => {
    const { workers } = await owing(t, [10]);
    const lease = await workers.delivery();
    assert.equal((await workers[word](lease)).status, 200);

    problem(await workers[other](lease), 410, 'lease_released');
  });
}

test('after the lease ended otherwise ack and nack give the 410 that renew gives', async (t) => {
  const clock = new FakeClock();
  const { stage, workers } = await owing(t, [10], { max_deliver: 100 }, { clock });
  const ends = {
    lease_released: async (lease: { id: string }) => {
      await stage.call('DELETE', `/leases/${lease.id}`);
    },
    lease_broken: async ({ number }: { number: number }) => {
      await stage.post('/leases/break', { number });
    },
    lease_expired: async () => {
      clock.advance(61_000);
      await stage.event('lease.expired');
    },
  };
  for (const [code, end] of Object.entries(ends)) {
    const lease = await workers.delivery();
    await end(lease);
    problem(await workers.ack(lease), 410, code);
    problem(await workers.nack(lease), 410, code);
  }
  assert.deepEqual(await workers.results(), []);
});

test('a delivery whose lease ends without ack or nack is offered again', async (t) => {
  const { stage, workers } = await owing(t, [10]);
  const first = await workers.delivery();
  await stage.trainer.delete(10);
  assert.equal((await stage.release(first)).status, 204);

  const again = await workers.delivery();

  assert.deepEqual([again.step, again.delivery?.attempt], [10, 2]);
});

test('it is offered max_deliver times at most, then parked with an event, and its snapshot goes', async (t) => {
  const { stage, workers } = await owing(t, [10, 20], { max_deliver: 2 });
  const first = await workers.delivery();
  await stage.post('/leases/break', { number: first.number });
  const second = await workers.delivery();
  assert.equal((await workers.nack(second)).status, 200);

  assert.equal((await workers.delivery()).step, 20);
  const [parked] = await stage.events('types=consumer.parked');
  assert.equal(parked?.subject, 'c');
  const { run, consumer, step, generation, attempts } = parked?.data ?? {};
  assert.deepEqual([run, consumer, step, generation, attempts], ['r', 'c', 10, first.generation, 2]);
  assert.deepEqual(
    (await workers.show()).parked.map((each) => each.step),
    [10],
  );
  await stage.event('snapshot.deleted', '10');
});

test('five times by default', async (t) => {
  const { workers } = await owing(t, [10]);
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    const lease = await workers.delivery();
    assert.equal(lease.delivery?.attempt, attempt);
    assert.equal((await workers.nack(lease)).status, 200);
  }
  assert.equal(await workers.refusal(), 'timeout');
});

test('max_in_flight is how many workers may hold deliveries at once', async (t) => {
  const { workers } = await owing(t, [10, 20, 30], { max_in_flight: 2 });
  const [first, second] = await Promise.all([workers.delivery(), workers.delivery()]);
  assert.deepEqual([first.step, second.step].sort(), [10, 20]);
  assert.equal(await workers.refusal(), 'in_flight_limit');
  const waiting = workers.delivery({ timeout: 20 });

  assert.equal((await workers.ack(first)).status, 200);

  assert.equal((await waiting).step, 30);
});

test('in_flight_limit stands in place of timeout when only that limit held a delivery back', async (t) => {
  const { workers } = await owing(t, [10, 20]);
  const lease = await workers.delivery();
  assert.equal(await workers.refusal(), 'in_flight_limit');
  assert.equal(await workers.refusal({ timeout: 0.05 }), 'in_flight_limit');
  assert.equal((await workers.ack(lease)).status, 200);
  const last = await workers.delivery();

  assert.equal(await workers.refusal(), 'timeout', 'nothing more is there');
  assert.equal((await workers.nack(last, { delay: 60 })).status, 200);
  assert.equal(await workers.refusal(), 'timeout', 'the delay held it back');
});

test('min_interval is from one grant to the next', async (t) => {
  const clock = new FakeClock();
  const { workers } = await owing(t, [10, 20, 30], { min_interval: 60, max_in_flight: 3 }, { clock });
  await workers.delivery();
  clock.advance(59_000);
  assert.equal(await workers.refusal(), 'timeout');
  clock.advance(1_000);

  assert.equal((await workers.delivery({ timeout: 0 })).step, 20);
  assert.equal(await workers.refusal(), 'timeout');
});

test('finished comes only when nothing is pending, in flight or delayed', async (t) => {
  const { stage, workers } = await owing(t, [10]);
  assert.equal((await stage.post('/runs/r/finish')).status, 200);
  const lease = await workers.delivery();
  assert.equal(await workers.refusal(), 'timeout', 'it is in flight');
  assert.equal((await workers.nack(lease, { delay: 2 })).status, 200);
  assert.equal(await workers.refusal(), 'timeout', 'it is delayed');
  const again = await workers.delivery();
  const waiting = workers.next({ timeout: 30 });
  assert.equal((await workers.ack(again)).status, 200);

  assert.equal((await waiting).body['reason'], 'finished');
  assert.equal(await workers.refusal(), 'finished');
  await stage.save(20);
  assert.deepEqual(await workers.drain(), [20]);
});

test('a worker that waits gets a step when it comes, and the wait is recorded as of a consumer', async (t) => {
  const { stage, workers } = await owing(t, []);
  const waiting = workers.delivery({ timeout: 20 });
  await stage.observed.next('waitStarted', ({ source }) => source === 'consumer');
  await stage.save(10);
  assert.equal((await waiting).step, 10);
  assert.equal(await workers.refusal(), 'timeout');

  const { body } = await stage.get('/waits?run=r');
  const recorded = body.items.map(({ source, outcome, step, until }: Record<string, unknown>) => [
    source,
    outcome,
    step,
    until,
  ]);
  assert.deepEqual(recorded, [
    ['consumer', 'timeout', null, null],
    ['consumer', 'reached', 10, null],
  ]);
});

test("max_wait: the server's cap ended the wait, not the caller's timeout", async (t) => {
  const { workers } = await owing(t, [], {}, { flags: { max_wait: '0.1s' } });
  assert.equal(await workers.refusal({ timeout: 5 }), 'max_wait');
});

test('a worker that hangs up while it waits costs no attempt', async (t) => {
  const { stage, workers } = await owing(t, []);
  const waiting = workers.next({ timeout: 30 });
  await stage.observed.next('waitStarted');
  waiting.hangUp();
  await stage.observed.next('waitEnded', ({ outcome }) => outcome === 'cancelled');
  await stage.save(10);

  assert.equal((await workers.delivery()).delivery?.attempt, 1);
});

test('workers who wait for a path that is taken do not keep each other awake', async (t) => {
  const interference = new Interference();
  const run = { snapshot_layout: 'orbax', poll_interval: 0.25 };
  const stage = await Stage.set(t, { run, around: interference.around });
  await mkdir(join(stage.root, '_SNAPSHOTS/10/stranger'), { recursive: true });
  await stage.save(10);
  const workers = await Workers.set(stage, { mode: 'latest' });
  let attempts = 0;
  interference.always('build', async (proceed) => {
    attempts += 1;
    return proceed();
  });

  const answers = await Promise.all([workers.next({ timeout: 1 }), workers.next({ timeout: 1 })]);

  assert.deepEqual(
    answers.map(({ body }) => body['reason']),
    ['timeout', 'timeout'],
  );
  assert.ok(answers.some(({ body }) => /_SNAPSHOTS\/10 is busy/.test(body['detail'])));
  // Each at once, and then once in a poll interval.
  assert.ok(attempts <= 10, `${attempts} attempts`);
});

test('a step whose path is taken keeps one worker, not those behind it; what ends its consumer ends the pause', async (t) => {
  const clock = new FakeClock();
  const run = { snapshot_layout: 'orbax', poll_interval: 60 };
  const stage = await Stage.set(t, { clock, run });
  await mkdir(join(stage.root, '_SNAPSHOTS/10/stranger'), { recursive: true });
  for (const step of [10, 20, 30]) await stage.save(step);
  const workers = await Workers.set(stage, { ...EVERY, max_in_flight: 3 });
  const timers = clock.pendingTimers;

  const waiting = workers.next({ timeout: 300 });
  // Its timeout and its pause before the next attempt.
  await stage.timersSet(clock, timers + 2);

  assert.deepEqual([(await workers.delivery()).step, (await workers.delivery()).step], [20, 30]);
  assert.deepEqual((await workers.show()).pending, [10]);
  assert.equal((await workers.remove()).status, 204);
  problem(await waiting, 404, 'consumer_not_found');
});

for (const mode of ['latest', 'every'])
  test(`${mode}: a step that cannot be looked at after a restart is not gone: 409 snapshot_failed while it lasts`, async (t) => {
    const interference = new Interference();
    const stage = await Stage.set(t, { around: interference.around });
    await stage.save(10);
    await stage.restart(() => interference.always('inspect', async () => [unreadable('10')]));
    const workers = await Workers.set(stage, { mode, start: 'earliest' });

    problem(await workers.next({ timeout: 0 }), 409, 'snapshot_failed');
    problem(await stage.grant({ step: 10 }), 409, 'snapshot_failed');

    interference.stop('inspect');
    // An attempt of before may still be under way, and is joined.
    assert.ok(await eventually(async () => (await workers.next({ timeout: 20 })).status === 201));
    assert.deepEqual(await stage.history('types=consumer.skipped'), []);
  });

test('a step that nobody looked at since the restart and that is gone meanwhile is skipped, and the next one delivered', async (t) => {
  const interference = new Interference();
  const stage = await Stage.set(t, { clock: new FakeClock(), around: interference.around });
  for (const step of [10, 20]) await stage.save(step);
  await stage.restart(() => interference.always('inspect', async () => [unreadable('10')]));
  const workers = await Workers.set(stage, EVERY);
  // The very look that a snapshot needs finds out.
  interference.next('inspect', async (proceed) => {
    await stage.trainer.delete(10);
    return proceed();
  });

  assert.equal((await workers.delivery({ timeout: 0 })).step, 20);
  assert.equal((await stage.history('types=consumer.skipped')).length, 1);
});

test('Idempotency-Key: the same key gives the same delivery, also of a call that still waits', async (t) => {
  const { stage, workers } = await owing(t, [], { max_in_flight: 2 });
  const both = [workers.next({ timeout: 20 }, 'k'), workers.next({ timeout: 20 }, 'k')];
  await stage.observed.next('waitStarted');
  await stage.save(10);
  const answers = await Promise.all(both);
  const retried = await workers.next({}, 'k');

  assert.deepEqual([...answers, retried].map(({ status }) => status).sort(), [200, 200, 201]);
  assert.equal(new Set([...answers, retried].map(({ body }) => body['id'])).size, 1);
  await Workers.set(stage, EVERY, 'other');
  problem(await new Workers(stage, 'other').next({}, 'k'), 422, 'idempotency_mismatch');
  problem(await stage.grant({ until: 10 }, 'k'), 422, 'idempotency_mismatch');
});

test('a key whose delivery has ended is 410, and one without a step is free', async (t) => {
  const { stage, workers } = await owing(t, []);
  assert.equal((await workers.next({ timeout: 0 }, 'k')).status, 200);
  await stage.save(10);
  const lease = await workers.delivery({}, 'k');
  assert.equal((await workers.ack(lease)).status, 200);

  problem(await workers.next({}, 'k'), 410, 'lease_released');
});

test('in mode none a delivery protects nothing, and deleted steps are skipped', async (t) => {
  const { stage, workers } = await owing(t, [10, 20], {}, { run: { snapshot_mode: 'none' } });
  await stage.trainer.delete(10);
  await stage.event('consumer.skipped', 'c');

  const lease = await workers.delivery();

  assert.deepEqual([lease.step, lease.snapshot, lease.path], [20, false, lease.source_path]);
  assert.equal((await workers.ack(lease)).status, 200);
});
