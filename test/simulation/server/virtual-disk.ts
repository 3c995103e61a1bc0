import { MemoryStorage } from '../../support/memory-store/memory-store.js';
import type { Chance } from '../chance.js';

type State = MemoryStorage['state'];

/** The storage of the database: what was committed outlives a kill, and what was flushed a power cut. */
export class VirtualDisk {
  readonly storage = new MemoryStorage('simulated-store');
  /** What each power cut since the last flush could leave, the oldest first. */
  #unflushed: State[] = [];

  committing(): void {
    this.#unflushed.push(this.storage.state);
  }

  flushed(): void {
    this.#unflushed = [];
  }

  /** Returns how many commits were lost. */
  cutPower(chance: Chance): number {
    const kept = chance.between(0, this.#unflushed.length);
    const lost = this.#unflushed.length - kept;
    const state = this.#unflushed[kept];
    if (state !== undefined) this.storage.state = state;
    this.#unflushed = [];
    return lost;
  }
}
