import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { AsyncCommand } from 'fast-check';
import type { PublicLeaseDocument } from '../../../src/engine/documents.js';
import { eventually } from '../../support/eventually.js';
import type { FakeClock } from '../../support/fake-clock.js';
import { publishedName } from './aftermath.js';
import type { LeaseModel, ModelLease } from './lease-model.js';
import { asLease, problem, type Stage } from './stage.js';
import { filesUnder, SMALL } from './trainer.js';

export interface Real {
  readonly stage: Stage;
  readonly clock: FakeClock;
}

/** An expiry may come so much later than the TTL. */
const LATE_MS = 1_000;

abstract class LeaseCommand implements AsyncCommand<LeaseModel, Real> {
  check(_model: Readonly<LeaseModel>): boolean {
    return true;
  }

  async run(model: LeaseModel, real: Real): Promise<void> {
    await this.act(model, real);
    await checkInvariants(model, real);
  }

  abstract act(model: LeaseModel, real: Real): Promise<void>;
  abstract toString(): string;
}

export class SaveStep extends LeaseCommand {
  readonly #step: number;

  constructor(step: number) {
    super();
    this.#step = step;
  }

  async act(model: LeaseModel, { stage }: Real): Promise<void> {
    model.savings += 1;
    const files = { ...SMALL, 'default/d/0cc78e3c': `saving ${model.savings}` };
    if (model.steps.has(this.#step)) await stage.trainer.replace(this.#step, files);
    else await stage.trainer.save(this.#step, files);
    model.steps.set(this.#step, (await filesUnder(stage.trainer.path(this.#step))) ?? {});
    await stage.scanned();
  }

  toString(): string {
    return `save ${this.#step}`;
  }
}

export class DeleteStep extends LeaseCommand {
  readonly #step: number;

  constructor(step: number) {
    super();
    this.#step = step;
  }

  override check(model: Readonly<LeaseModel>): boolean {
    return model.steps.has(this.#step);
  }

  async act(model: LeaseModel, { stage }: Real): Promise<void> {
    await stage.trainer.delete(this.#step);
    model.steps.delete(this.#step);
    await stage.scanned();
  }

  toString(): string {
    return `delete ${this.#step}`;
  }
}

export class Grant extends LeaseCommand {
  readonly #body: { readonly step: number | 'latest'; readonly ttl: number };

  constructor(body: { readonly step: number | 'latest'; readonly ttl: number }) {
    super();
    this.#body = body;
  }

  async act(model: LeaseModel, { stage, clock }: Real): Promise<void> {
    const { step, ttl } = this.#body;
    const meant = step === 'latest' ? Math.max(...model.steps.keys()) : step;
    const contents = model.steps.get(meant);
    const answer = await stage.grant(this.#body);
    if (contents === undefined) {
      problem(answer, 404, 'step_not_found');
      return;
    }
    if (answer.status === 409 && model.layout === 'orbax') {
      problem(answer, 409, 'snapshot_path_busy');
      assert.ok(
        model.active.some(({ lease }) => lease.step === meant),
        'busy without another generation',
      );
      return;
    }
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    const lease = asLease(answer);
    assert.equal(lease.step, meant);
    assert.ok(
      model.leases.every((earlier) => earlier.lease.number < lease.number),
      'invariant 8: numbers strictly increase',
    );
    const known = model.generations.get(lease.path);
    if (model.layout === 'generation')
      assert.equal(
        known ?? lease.generation,
        lease.generation,
        'invariant 8: no path denotes two generations',
      );
    model.generations.set(lease.path, lease.generation);
    const deadlineMs = clock.monotonic() + ttl * 1_000;
    model.leases.push({ lease, contents, state: 'active', ttlMs: ttl * 1_000, deadlineMs });
  }

  toString(): string {
    return `grant ${JSON.stringify(this.#body)}`;
  }
}

abstract class LeaseAction extends LeaseCommand {
  protected readonly index: number;

  constructor(index: number) {
    super();
    this.index = index;
  }

  override check(model: Readonly<LeaseModel>): boolean {
    return model.leases.length > 0;
  }

  async act(model: LeaseModel, real: Real): Promise<void> {
    const held = model.which(this.index);
    if (held !== undefined) await this.actOn(held, model, real);
  }

  abstract actOn(held: ModelLease, model: LeaseModel, real: Real): Promise<void>;
}

export class Renew extends LeaseAction {
  readonly #ttl: number | null;

  constructor(index: number, ttl: number | null) {
    super(index);
    this.#ttl = ttl;
  }

  async actOn(held: ModelLease, model: LeaseModel, { stage, clock }: Real): Promise<void> {
    const answer = await stage.renew(held.lease, this.#ttl === null ? {} : { ttl: this.#ttl });
    if (held.state === 'active' && model.damaged.has(held.lease.path)) model.lose(held.lease.path);
    if (held.state !== 'active') {
      problem(answer, 410, `lease_${held.state}`);
      return;
    }
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    held.ttlMs = this.#ttl === null ? held.ttlMs : this.#ttl * 1_000;
    held.deadlineMs = clock.monotonic() + held.ttlMs;
  }

  toString(): string {
    return `renew(${this.index}, ${this.#ttl})`;
  }
}

export class Release extends LeaseAction {
  async actOn(held: ModelLease, model: LeaseModel, { stage }: Real): Promise<void> {
    assert.equal((await stage.release(held.lease)).status, 204);
    if (held.state === 'active') model.end(held, 'released');
    // In layout orbax the path may be another generation's by now.
    if (model.holders(held.lease.path).length === 0)
      assert.equal(await filesUnder(held.lease.path), null, 'released, and its path is still there');
  }

  toString(): string {
    return `release(${this.index})`;
  }
}

export class BreakLease extends LeaseAction {
  async actOn(held: ModelLease, model: LeaseModel, { stage }: Real): Promise<void> {
    const { status } = await stage.post('/leases/break', { number: held.lease.number });
    assert.equal(status, 200);
    if (held.state === 'active') model.end(held, 'broken');
  }

  toString(): string {
    return `break(${this.index})`;
  }
}

export class Damage extends LeaseAction {
  async actOn(held: ModelLease, model: LeaseModel): Promise<void> {
    if (held.state !== 'active') return;
    await rm(join(held.lease.path, 'default/d/0cc78e3c'), { force: true });
    model.damaged.add(held.lease.path);
  }

  toString(): string {
    return `damage(${this.index})`;
  }
}

export class Advance extends LeaseCommand {
  readonly #ms: number;

  constructor(ms: number) {
    super();
    this.#ms = ms;
  }

  async act(model: LeaseModel, { stage, clock }: Real): Promise<void> {
    clock.advance(this.#ms);
    for (const held of model.active) {
      const overdueMs = clock.monotonic() - held.deadlineMs;
      // A damaged one may be found lost by the audit before it expires.
      if (overdueMs > LATE_MS && !model.damaged.has(held.lease.path))
        await stage.event('lease.expired', String(held.lease.number));
    }
    await catchUp(model, { stage, clock });
  }

  toString(): string {
    return `advance ${this.#ms}`;
  }
}

export class Restart extends LeaseCommand {
  async act(model: LeaseModel, { stage, clock }: Real): Promise<void> {
    await stage.restart();
    for (const path of [...model.damaged]) model.lose(path);
    for (const held of model.active) held.deadlineMs = clock.monotonic() + held.ttlMs;
  }

  toString(): string {
    return 'restart';
  }
}

/** Learns of the ends that come by themselves, and that none came too early or too late. */
async function catchUp(model: LeaseModel, { stage, clock }: Real): Promise<void> {
  // Each request gives what is under way its turn, also when no lease is active.
  await stage.get('/livez');
  for (const held of model.active) {
    const { state } = await stage.show(held.lease);
    const overdueMs = clock.monotonic() - held.deadlineMs;
    if (state === 'expired') {
      assert.ok(overdueMs >= 0, `invariant 3: lease ${held.lease.number} expired ${-overdueMs} ms too early`);
      model.end(held, 'expired');
    } else if (state === 'lost') {
      assert.ok(model.damaged.has(held.lease.path), 'lost without a loss');
      held.state = 'lost';
    } else {
      assert.equal(state, 'active');
      if (!model.damaged.has(held.lease.path))
        assert.ok(overdueMs <= LATE_MS, `invariant 4: lease ${held.lease.number} is ${overdueMs} ms overdue`);
    }
  }
  for (const path of [...model.damaged]) if (model.holders(path).length === 0) model.damaged.delete(path);
}

/** An end that is due may come between two looks: what differs at first must agree as soon as the model has caught up. */
async function checkInvariants(model: LeaseModel, real: Real): Promise<void> {
  const { stage } = real;
  const expected = () => model.leases.map(({ lease, state }) => [lease.number, state]);
  let shown: unknown[] = [];
  await eventually(async () => {
    await catchUp(model, real);
    const { body } = await stage.get('/leases?state=all');
    shown = (body['items'] as unknown as PublicLeaseDocument[]).map(({ number, state }) => [number, state]);
    return isDeepStrictEqual(shown, expected());
  });
  assert.deepEqual(shown, expected(), 'invariant 7: an ended lease stays as it ended');
  for (const held of model.active) {
    const { lease, contents } = held;
    if (model.damaged.has(lease.path)) continue;
    const files = await filesUnder(lease.path);
    if (isDeepStrictEqual(files, contents)) continue;
    await catchUp(model, real);
    if (model.active.includes(held))
      assert.deepEqual(files, contents, 'invariants 1 and 2: every file, same bytes, no other');
  }
  await checkRefcount(model, real);
}

/** Invariant 5, as soon as removals under way have ended. */
async function checkRefcount(model: LeaseModel, real: Real): Promise<void> {
  const { stage } = real;
  const directory = join(stage.root, model.layout === 'orbax' ? '_SNAPSHOTS' : '_STEPLEASE');
  const needed = () =>
    [
      ...new Set(
        model.active.map(({ lease }) =>
          model.layout === 'orbax' ? String(lease.step) : publishedName(lease),
        ),
      ),
    ].sort();
  let found: readonly string[] = [];
  await eventually(async () => {
    await catchUp(model, real);
    const entries = await readdir(directory).catch(() => []);
    found = entries.filter((name) => name !== 'owner.json' && name !== 'commit_success.txt').sort();
    return isDeepStrictEqual(found, needed());
  });
  assert.deepEqual(found, needed(), 'invariant 5: a snapshot for each held generation, and no other');
}
