import type { EventPageDocument } from '../../../src/engine/documents.js';
import type { Network } from '../network.js';
import { Violation } from '../violation.js';
import type { World } from '../world.js';

/** Follows all events by pages, and misses none (invariant 11). */
export class Reader {
  readonly #world: World;
  readonly #network: Network;
  #cursor: string | null = null;

  constructor(world: World, network: Network) {
    this.#world = world;
    this.#network = network;
  }

  async live(): Promise<never> {
    const { chance } = this.#world;
    for (;;) {
      await this.#world.sleep(chance.duration(1, 2_000));
      const after = this.#cursor;
      const sent = this.#network.send<EventPageDocument>(
        'reader',
        `events after ${after}`,
        (engine, signal) =>
          engine.events.page(
            {
              run: null,
              types: null,
              after,
              limit: chance.between(1, 50),
              timeoutMs: chance.pick([0, 5_000]),
            },
            signal,
          ),
        (page) => this.#check(after, page),
      );
      const heard = await sent.heard;
      if (heard.kind === 'answer') this.#cursor = heard.value.cursor;
      if (heard.kind === 'error' && heard.code === 'cursor_expired')
        throw new Violation('11 (events)', `cursor ${after} is not known any more`);
    }
  }

  #check(after: string | null, { items, cursor }: EventPageDocument): void {
    let position = after === null ? 0 : positionOf(after);
    for (const { id, type, subject } of items) {
      const sequence = positionOf(id);
      if (sequence !== position + 1)
        throw new Violation('11 (events)', `event ${sequence} came after event ${position}`);
      const event = this.#world.ledger.told(sequence);
      if (event.type !== type || event.subject !== subject)
        throw new Violation('11 (events)', `event ${sequence} was read as ${type} of ${subject}`);
      position = sequence;
    }
    if (positionOf(cursor) < position)
      throw new Violation('11 (events)', `cursor ${cursor} is behind event ${position}`);
  }
}

function positionOf(cursor: string): number {
  return Number.parseInt(cursor.slice(cursor.indexOf('.') + 1), 36);
}
