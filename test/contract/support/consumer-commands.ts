import assert from 'node:assert/strict';
import type { AsyncCommand } from 'fast-check';
import { eventually } from '../../support/eventually.js';
import type { FakeClock } from '../../support/fake-clock.js';
import { snapshotEntries } from './aftermath.js';
import type { ConsumerModel, ModelStep } from './consumer-model.js';
import { asLease, type Stage } from './stage.js';
import type { Workers } from './workers.js';

export interface Real {
  readonly stage: Stage;
  readonly clock: FakeClock;
  readonly workers: Workers;
}

/** An expiry may come so much later than the TTL. */
const LATE_MS = 1_000;

abstract class ConsumerCommand implements AsyncCommand<ConsumerModel, Real> {
  check(_model: Readonly<ConsumerModel>): boolean {
    return true;
  }

  async run(model: ConsumerModel, real: Real): Promise<void> {
    await this.act(model, real);
    await checkAgreement(model, real);
  }

  abstract act(model: ConsumerModel, real: Real): Promise<void>;
  abstract toString(): string;
}

/** The trainer saves a step and, once it is held, deletes it. */
export class Save extends ConsumerCommand {
  async act(model: ConsumerModel, { stage, workers }: Real): Promise<void> {
    const step = model.save();
    await stage.save(step);
    await workers.held(step);
    await stage.trainer.delete(step);
  }

  toString(): string {
    return 'save';
  }
}

export class Next extends ConsumerCommand {
  async act(model: ConsumerModel, { clock, workers }: Real): Promise<void> {
    const expected = model.next(clock.monotonic());
    const answer = await workers.next({ timeout: 0 });
    if (typeof expected === 'string') {
      assert.deepEqual([answer.status, answer.body['reason']], [200, expected]);
      return;
    }
    const lease = asLease(answer);
    const delivery = { consumer: 'c', attempt: expected.attempts + 1 };
    assert.deepEqual([answer.status, lease.step, lease.delivery], [201, expected.step, delivery]);
    model.deliver(expected, lease, clock.monotonic());
  }

  toString(): string {
    return 'next';
  }
}

abstract class EndCommand extends ConsumerCommand {
  readonly #which: number;

  constructor(which: number) {
    super();
    this.#which = which;
  }

  async act(model: ConsumerModel, real: Real): Promise<void> {
    const step = model.which(this.#which);
    if (step?.lease) await this.end(model, step, step.lease, real);
  }

  abstract end(
    model: ConsumerModel,
    step: ModelStep,
    lease: NonNullable<ModelStep['lease']>,
    real: Real,
  ): Promise<void>;

  toString(): string {
    return `${this.constructor.name.toLowerCase()} ${this.#which}`;
  }
}

export class Ack extends EndCommand {
  async end(...[model, step, lease, { workers }]: Parameters<EndCommand['end']>): Promise<void> {
    assert.equal((await workers.ack(lease)).status, 200);
    model.acknowledge(step);
    assert.equal((await workers.ack(lease)).status, 200, 'repeated');
  }
}

export class Nack extends EndCommand {
  readonly #delayMs: number;

  constructor(which: number, delayMs: number) {
    super(which);
    this.#delayMs = delayMs;
  }

  async end(...[model, step, lease, { workers, clock }]: Parameters<EndCommand['end']>): Promise<void> {
    assert.equal((await workers.nack(lease, { delay: this.#delayMs / 1_000 })).status, 200);
    model.giveBack(step, clock.monotonic() + this.#delayMs);
  }
}

export class Release extends EndCommand {
  async end(...[model, step, lease, { stage }]: Parameters<EndCommand['end']>): Promise<void> {
    assert.equal((await stage.release(lease)).status, 204);
    model.giveBack(step, 0);
  }
}

export class Break extends EndCommand {
  async end(...[model, step, lease, { stage }]: Parameters<EndCommand['end']>): Promise<void> {
    assert.equal((await stage.post('/leases/break', { number: lease.number })).status, 200);
    model.giveBack(step, 0);
  }
}

export class Advance extends ConsumerCommand {
  readonly #ms: number;

  constructor(ms: number) {
    super();
    this.#ms = ms;
  }

  async act(model: ConsumerModel, { clock, stage }: Real): Promise<void> {
    clock.advance(this.#ms);
    for (const step of model.inFlight) {
      if (step.lease === null || clock.monotonic() < step.deadlineMs) continue;
      const { number } = step.lease;
      if (clock.monotonic() >= step.deadlineMs + LATE_MS)
        await stage.observed.next('leaseEnded', (ended) => ended.number === number);
      if ((await stage.show(step.lease)).state === 'expired') model.giveBack(step, 0);
    }
  }

  toString(): string {
    return `advance ${this.#ms}`;
  }
}

export class Restart extends ConsumerCommand {
  async act(model: ConsumerModel, { stage, clock }: Real): Promise<void> {
    await stage.restart();
    // Every active lease starts its full TTL again.
    for (const step of model.inFlight) step.deadlineMs = clock.monotonic() + model.settings.ttlMs;
  }

  toString(): string {
    return 'restart';
  }
}

async function checkAgreement(model: ConsumerModel, { stage, workers }: Real): Promise<void> {
  const shown = await workers.show();
  const steps = (some: readonly { step: number }[]) => some.map(({ step }) => step);
  assert.deepEqual(shown.pending, steps(model.of('pending')), 'pending');
  assert.deepEqual(
    shown.in_flight.map(({ step, number, attempt }) => [step, number, attempt]),
    model.inFlight.map(({ step, lease, attempts }) => [step, lease?.number, attempts]),
    'in flight',
  );
  assert.deepEqual(steps(shown.parked), steps(model.of('parked')), 'parked');
  assert.equal(shown.last_acked_step, model.lastAcked);
  assert.deepEqual(steps(await workers.results()), model.acked, 'acknowledged, each once');
  const held = model.of('pending').length + model.inFlight.length;
  assert.equal((await stage.run()).snapshots.count, held, 'invariant 5');
  // What nobody needs is gone from the disk as soon as its removal has ended.
  await eventually(async () => (await snapshotEntries(stage)).length <= held);
  assert.equal((await snapshotEntries(stage)).length, held, 'invariant 5, on disk');
}
