import type { Network } from '../network.js';
import { ROOT, RUN, type World } from '../world.js';

/** Breaks leases, finishes and reopens runs, changes and removes them, removes consumers. */
export class Administrator {
  readonly #world: World;
  readonly #network: Network;

  constructor(world: World, network: Network) {
    this.#world = world;
    this.#network = network;
  }

  async live(): Promise<never> {
    const { chance } = this.#world;
    for (;;) {
      await this.#world.sleep(chance.duration(1_000, 40_000));
      switch (
        chance.weighted({ breakLease: 6, finish: 2, change: 2, removeConsumer: 1, removeRun: 1, guess: 1 })
      ) {
        case 'breakLease':
          await this.#breakLease();
          break;
        case 'finish':
          await this.#send('finish', (engine) => engine.runs.finish(RUN, null));
          await this.#world.sleep(chance.duration(10, 2_000));
          await this.#send('reopen', (engine) => engine.runs.reopen(RUN));
          break;
        case 'change':
          await this.#put();
          break;
        case 'removeConsumer':
          this.#world.deliveries.forget();
          await this.#send('remove consumer', (engine) => engine.consumers.remove(RUN, 'all'));
          this.#world.deliveries.forget();
          break;
        case 'removeRun':
          await this.#removeRun();
          break;
        case 'guess':
          await this.#guess();
          break;
      }
    }
  }

  async #breakLease(): Promise<void> {
    const { chance, leases } = this.#world;
    const lease = chance.pick(leases.all.filter((known) => leases.isRelied(known)));
    if (lease === undefined) return;
    leases.letGo(lease);
    await this.#send(`break ${lease.number}`, (engine) => engine.leases.breakLease(lease.number, null));
  }

  async #put(): Promise<void> {
    const { habits, chance } = this.#world;
    const options = { ...habits.options, maxLeasesPerStep: chance.pick([100, 1_000]) };
    await this.#send('put run', (engine) => engine.runs.put(RUN, ROOT, options));
  }

  async #removeRun(): Promise<void> {
    const { chance, leases, deliveries } = this.#world;
    for (const lease of leases.all) leases.letGo(lease);
    deliveries.forget();
    await this.#network.send(
      'admin',
      'remove run',
      (engine) => {
        // Those that were granted since, too.
        for (const lease of leases.all) leases.letGo(lease);
        return engine.runs.remove(RUN, true);
      },
      () => {
        for (const lease of leases.all) leases.letGo(lease);
      },
    ).heard;
    deliveries.forget();
    await this.#world.sleep(chance.duration(10, 3_000));
    await this.#put();
  }

  /** Somebody who holds no lease has nothing to say about one (invariant 14). */
  async #guess(): Promise<void> {
    const { chance, leases } = this.#world;
    const lease = chance.pick(leases.all);
    if (lease === undefined) return;
    const id = `${lease.id.slice(0, -4)}AAAA`;
    await this.#send('release an id that nobody has', (engine) => engine.leases.release(id));
  }

  async #send(what: string, request: Parameters<Network['send']>[2]): Promise<void> {
    await this.#network.send('admin', what, request).heard;
  }
}
