import { ANONYMOUS } from '../../../src/engine/access/principal.js';
import type { NextResult } from '../../../src/engine/engine.js';
import type { KnownLease } from '../model/lease-book.js';
import type { Network } from '../network.js';
import { RUN, type World } from '../world.js';

/** A worker of a consumer: takes deliveries, acknowledges them, sends them back, or forgets them. */
export class Worker {
  readonly #world: World;
  readonly #network: Network;
  readonly #who: string;
  readonly #consumer: string;
  #keys = 0;

  constructor(world: World, network: Network, who: string, consumer: string) {
    this.#world = world;
    this.#network = network;
    this.#who = who;
    this.#consumer = consumer;
  }

  async live(): Promise<never> {
    const { chance } = this.#world;
    for (;;) {
      await this.#world.sleep(chance.duration(50, 4_000));
      const heard = await this.#next();
      if (heard === 'no consumer') await this.#put();
      else if (heard !== null) await this.#work(heard);
    }
  }

  async #put(): Promise<void> {
    const { chance } = this.#world;
    const settings = {
      mode: this.#consumer === 'all' ? ('every' as const) : ('latest' as const),
      start: chance.pick(['latest', 'earliest', 'next'] as const),
      everyK: 1,
      minIntervalMs: 0,
      maxPending: 3,
      maxInFlight: chance.between(1, 2),
      maxDeliver: 5,
      ttlMs: chance.pick([1_000, 10_000]),
    };
    await this.#network.send(this.#who, `put consumer ${this.#consumer}`, (engine) =>
      engine.consumers.put(RUN, this.#consumer, settings),
    ).heard;
  }

  async #next(): Promise<KnownLease | 'no consumer' | null> {
    const { chance, leases, deliveries } = this.#world;
    const key = chance.percent(50) ? `${this.#who}-${this.#keys++}` : null;
    const numberedAfter = leases.highestNumber;
    const sent = this.#network.send<NextResult>(
      this.#who,
      `next of ${this.#consumer}`,
      (engine, signal) =>
        engine.consumers.next(
          RUN,
          this.#consumer,
          { timeoutMs: chance.pick([0, 3_000, 20_000]), ttlMs: null, holder: this.#who },
          { ...ANONYMOUS, name: this.#who, idempotencyKey: key },
          signal,
        ),
      (result, isHeard) => {
        if (!result.granted || (!isHeard && key === null)) return;
        leases.granted(result.lease, key === null ? numberedAfter : 0, result.replayed);
        deliveries.delivered(this.#consumer, result.lease);
      },
    );
    if (chance.percent(10)) {
      await this.#world.sleep(chance.duration(1, 2_000));
      sent.hangUp();
    }
    const heard = await sent.heard;
    if (heard.kind === 'answer') return heard.value.granted ? leases.find(heard.value.lease.number) : null;
    return heard.kind === 'error' && heard.code === 'consumer_not_found' ? 'no consumer' : null;
  }

  async #work(lease: KnownLease): Promise<void> {
    const { chance, leases, deliveries } = this.#world;
    await this.#world.sleep(chance.duration(10, lease.ttlMs * 1.3));
    const word = chance.weighted({ ack: 7, nack: 2, silence: 1 });
    if (word === 'silence') return;
    for (let attempts = chance.between(1, 3); attempts > 0; attempts--) {
      leases.letGo(lease);
      const delayMs = chance.pick([0, 1_000]);
      const { heard } = this.#network.send(
        this.#who,
        `${word} ${lease.number}`,
        (engine) =>
          word === 'ack' ? engine.consumers.ack(lease.id, null) : engine.consumers.nack(lease.id, delayMs),
        () => {
          if (word === 'ack') deliveries.acknowledged(this.#consumer, lease.generation);
        },
      );
      if ((await heard).kind !== 'nothing') return;
      await this.#world.sleep(chance.duration(10, 1_000));
    }
  }
}
