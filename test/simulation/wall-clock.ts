import type { Agenda } from './agenda.js';

/** The time that the machine shows, which an administrator may set. */
export class WallClock {
  readonly #agenda: Agenda;
  #offsetMs: number;

  constructor(agenda: Agenda) {
    this.#agenda = agenda;
    this.#offsetMs = Date.UTC(2026, 0, 1);
  }

  now(): number {
    return Math.floor(this.#agenda.nowMs + this.#offsetMs);
  }

  step(byMs: number): void {
    this.#offsetMs += byMs;
  }
}
