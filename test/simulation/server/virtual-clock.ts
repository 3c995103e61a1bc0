import type { Cancel, Clock } from '../../../src/engine/clock.js';
import type { Agenda } from '../agenda.js';
import type { Chance } from '../chance.js';
import type { WallClock } from '../wall-clock.js';
import type { Process } from './process.js';

/** The clock of one process: timers are a little late, and its monotonic time begins anew with it. */
export class VirtualClock implements Clock {
  readonly #agenda: Agenda;
  readonly #chance: Chance;
  readonly #process: Process;
  readonly #wall: WallClock;
  /** Timers that are still to fire. */
  pending = 0;

  constructor(agenda: Agenda, chance: Chance, process: Process, wall: WallClock) {
    this.#agenda = agenda;
    this.#chance = chance;
    this.#process = process;
    this.#wall = wall;
  }

  now(): number {
    return this.#wall.now();
  }

  monotonic(): number {
    return this.#agenda.nowMs - this.#process.startedMs + 1000;
  }

  after(delayMs: number, callback: () => void): Cancel {
    const lateMs = this.#chance.percent(90) ? this.#chance.between(0, 10) / 10 : this.#chance.duration(1, 50);
    this.pending += 1;
    let isOver = false;
    const end = () => {
      if (isOver) return false;
      isOver = true;
      this.pending -= 1;
      return true;
    };
    const cancel = this.#process.later(
      Math.max(0, delayMs) + lateMs,
      'timer',
      () => {
        if (end()) callback();
      },
      'timer',
    );
    return () => {
      if (end()) cancel();
    };
  }

  randomBytes(count: number): Uint8Array {
    return this.#chance.bytes(count);
  }
}
