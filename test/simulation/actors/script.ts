import type { World } from '../world.js';

/** What somebody does, call by call; each value is how long the pause before the next call is. */
export type Script = Generator<number, void, void>;

/** A pause that may as well end now. */
const SHORT_MS = 100;

/** Somebody who acts by calls, each at a time of its own, or in between two calls of the service. */
export class Player {
  readonly #world: World;
  readonly #next: () => Script;
  #script: Script | null = null;
  #cancel: () => void = () => undefined;
  #isActing = false;
  #dueMs = 0;

  /** @param next what he does when he has ended what he did. */
  constructor(world: World, next: () => Script) {
    this.#world = world;
    this.#next = next;
    world.addNeighbour(() => {
      if (this.#dueMs - world.agenda.nowMs <= SHORT_MS) this.#act();
    });
    this.#rest(world.chance.duration(1, 2_000));
  }

  /** Lets go of what he was in the midst of, and begins with something else some time later. */
  interrupt(forMs: number): void {
    this.#script = null;
    this.#cancel();
    this.#rest(forMs);
  }

  #act(): void {
    // His own calls have none of him in between.
    if (this.#isActing) return;
    this.#isActing = true;
    this.#cancel();
    this.#script ??= this.#next();
    const step = this.#script.next();
    this.#isActing = false;
    if (step.done === true) this.#script = null;
    this.#rest(step.done === true ? 0 : step.value);
  }

  #rest(ms: number): void {
    this.#dueMs = this.#world.agenda.nowMs + ms;
    this.#cancel = this.#world.agenda.in(ms, 'act', () => this.#act());
  }
}
