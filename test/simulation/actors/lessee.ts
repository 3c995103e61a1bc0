import { ANONYMOUS } from '../../../src/engine/access/principal.js';
import type { GrantRequest, GrantResult } from '../../../src/engine/engine.js';
import type { KnownLease } from '../model/lease-book.js';
import type { Network, Sent } from '../network.js';
import { RUN, type World } from '../world.js';

/** Somebody who reads checkpoints: waits, leases, renews, forgets, hangs up, comes back. */
export class Lessee {
  readonly #world: World;
  readonly #network: Network;
  readonly #who: string;
  #keys = 0;

  constructor(world: World, network: Network, who: string) {
    this.#world = world;
    this.#network = network;
    this.#who = who;
  }

  async live(): Promise<never> {
    const { chance } = this.#world;
    for (;;) {
      await this.#world.sleep(chance.duration(10, 5_000));
      const lease = await this.#acquire();
      if (lease !== null) await this.#hold(lease);
    }
  }

  /** With a key, a request that was not answered is repeated. */
  async #acquire(): Promise<KnownLease | null> {
    const { chance } = this.#world;
    const key = chance.percent(50) ? `${this.#who}-${this.#keys++}` : null;
    const request = this.#draw(key);
    for (let attempts = chance.between(1, 4); attempts > 0; attempts--) {
      const sent = this.#send(request, key);
      if (chance.percent(10)) void this.#hangUpLater(sent);
      const heard = await sent.heard;
      if (heard.kind === 'answer')
        return heard.value.granted ? this.#world.leases.find(heard.value.lease.number) : null;
      if (heard.kind === 'error') return null;
      await this.#world.sleep(chance.duration(10, 3_000));
    }
    return null;
  }

  #send(request: GrantRequest, key: string | null): Sent<GrantResult> {
    const { leases } = this.#world;
    const numberedAfter = leases.highestNumber;
    return this.#network.send(
      this.#who,
      `lease ${request.step ?? `until ${request.until}`} for ${request.ttlMs} ms${key === null ? '' : `, key ${key}`}`,
      (engine, signal) =>
        engine.leases.grant(RUN, request, { ...ANONYMOUS, name: this.#who, idempotencyKey: key }, signal),
      (result, isHeard) => {
        if (!result.granted) return;
        // One that nobody heard of was let go before the answer, and the files with it.
        if (!isHeard && key === null) return;
        const isOlder = result.replayed || key !== null;
        leases.granted(result.lease, isOlder ? 0 : numberedAfter, result.replayed);
      },
    );
  }

  async #hangUpLater(sent: Sent<unknown>): Promise<void> {
    await this.#world.sleep(this.#world.chance.duration(1, 3_000));
    sent.hangUp();
  }

  async #hold(lease: KnownLease): Promise<void> {
    const { chance, leases } = this.#world;
    for (let renewals = chance.between(0, 6); renewals > 0; renewals--) {
      const isLate = chance.percent(15);
      await this.#world.sleep(lease.ttlMs * (isLate ? 1.5 : chance.between(10, 90) / 100));
      if (!(await this.#renew(lease))) return;
    }
    // Some forget it, and it ends by itself.
    if (chance.percent(15)) {
      await this.#world.sleep(chance.duration(10, lease.ttlMs * 2));
      return;
    }
    for (let releases = chance.pick([1, 1, 1, 2]); releases > 0; releases--) {
      leases.letGo(lease);
      await this.#release(lease);
      await this.#world.sleep(chance.duration(1, 500));
    }
    if (chance.percent(10)) await this.#renew(lease);
  }

  /** False: it is over, or nobody knows. */
  async #renew(lease: KnownLease): Promise<boolean> {
    const { leases, chance, agenda } = this.#world;
    const ttlMs = chance.percent(80) ? null : this.#drawTtl();
    const askedMs = agenda.nowMs;
    const { heard } = this.#network.send(
      this.#who,
      `renew ${lease.number}`,
      (engine) => {
        lease.askedUntilMs = Math.max(lease.askedUntilMs, agenda.nowMs + (ttlMs ?? lease.ttlMs));
        return engine.leases.renew(lease.id, ttlMs);
      },
      (document) => leases.renewed(lease, document.ttl * 1000, askedMs),
      (code) => leases.refused(lease, code, askedMs),
    );
    const answer = await heard;
    return answer.kind !== 'error';
  }

  async #release(lease: KnownLease): Promise<void> {
    const { leases } = this.#world;
    const { heard } = this.#network.send(
      this.#who,
      `release ${lease.number}`,
      (engine) => engine.leases.release(lease.id),
      () => leases.released(lease),
    );
    await heard;
  }

  #draw(key: string | null): GrantRequest {
    const { chance, root } = this.#world;
    const steps = [...root.entries.keys()].filter((name) => /^\d+$/.test(name)).map(Number);
    const kind = chance.weighted({ latest: 4, until: 4, any: 2, exactly: 2 });
    const highest = Math.max(0, ...steps);
    const timeoutMs = chance.pick([0, 500, 5_000, 30_000]);
    return {
      step: kind === 'latest' ? 'latest' : kind === 'exactly' ? (chance.pick(steps) ?? 1) : null,
      until: kind === 'until' ? highest + chance.between(-1, 2) : null,
      timeoutMs: chance.percent(70) ? timeoutMs : null,
      ttlMs: this.#drawTtl(),
      holder: this.#who,
      labels: key === null ? {} : { key },
      ignoreSnapshotErrors: chance.percent(5),
      waitId: null,
    };
  }

  #drawTtl(): number {
    return this.#world.chance.pick([1_000, 3_000, 10_000, 60_000]);
  }
}
