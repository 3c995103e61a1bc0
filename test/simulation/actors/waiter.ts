import type { WaitDocument } from '../../../src/engine/documents.js';
import type { WaitRequest } from '../../../src/engine/engine.js';
import type { Heard, Network, Sent } from '../network.js';
import { RUN, type World } from '../world.js';

/** Somebody who waits for steps, without leases; some hang up. */
export class Waiter {
  readonly #world: World;
  readonly #network: Network;
  readonly #who: string;

  constructor(world: World, network: Network, who: string) {
    this.#world = world;
    this.#network = network;
    this.#who = who;
  }

  async live(): Promise<never> {
    const { chance, waits } = this.#world;
    let cursor: string | null = null;
    for (;;) {
      await this.#world.sleep(chance.duration(10, 3_000));
      const after: string | null = chance.percent(30) ? cursor : null;
      const until = after === null ? this.#drawUntil() : null;
      const request: WaitRequest = { until, timeoutMs: chance.pick([0, 2_000, 60_000]), after, waitId: null };
      const wait = {};
      const sent: Sent<WaitDocument> = this.#network.send(
        this.#who,
        after === null ? `wait until ${until}` : `wait after ${after}`,
        (engine, signal) => {
          if (after === null && !signal.aborted) waits.began(wait, until);
          return engine.waits.wait(RUN, request, signal);
        },
        (answer) => waits.answered(wait, answer),
      );
      if (chance.percent(15)) {
        await this.#world.sleep(chance.duration(1, 5_000));
        sent.hangUp();
      }
      const heard: Heard<WaitDocument> = await sent.heard;
      waits.ended(wait);
      if (heard.kind === 'answer') cursor = heard.value.cursor;
      if (heard.kind === 'error' && heard.code === 'cursor_expired') cursor = null;
    }
  }

  #drawUntil(): number | null {
    const { chance, root } = this.#world;
    if (chance.percent(20)) return null;
    const steps = [...root.entries.keys()].filter((name) => /^\d+$/.test(name)).map(Number);
    return Math.max(0, ...steps) + chance.between(-2, 3);
  }
}
