import type { Agenda, Cancel } from '../agenda.js';

/** Comes out of whatever a process was calling when it was killed. */
export class ProcessGone extends Error {}

/** Lets timers that fell due while a process stood still come before what waits in its sockets, as an event loop does. */
const AFTER_TIMERS_MS = 0.01;

/** One life of the service: from a start to a stop, a kill or a power cut. */
export class Process {
  readonly startedMs: number;
  isAlive = true;
  /** Standing still until then, as under SIGSTOP or a long pause of the machine. */
  stoppedUntilMs = 0;
  /** When it last went on after it stood still. */
  readonly #agenda: Agenda;
  readonly #onDeath: (() => void)[] = [];

  constructor(agenda: Agenda) {
    this.#agenda = agenda;
    this.startedMs = agenda.nowMs;
  }

  /** Something that the loop of this process hears of later, if the process lives. */
  later(delayMs: number, what: string, act: () => void, kind: 'timer' | 'message' = 'message'): Cancel {
    const behind = kind === 'timer' ? 0 : AFTER_TIMERS_MS;
    let cancelled = false;
    const hear = () => {
      if (!this.isAlive || cancelled) return;
      if (this.#agenda.nowMs < this.stoppedUntilMs)
        this.#agenda.inOrder(this.stoppedUntilMs + behind, what, hear);
      else act();
    };
    const cancel = this.#agenda.in(delayMs, what, hear);
    return () => {
      cancelled = true;
      cancel();
    };
  }

  /** As `later`, but never before `dueMs`, and behind what was put there before. */
  laterInOrder(dueMs: number, what: string, act: () => void): void {
    const hear = () => {
      if (!this.isAlive) return;
      if (this.#agenda.nowMs < this.stoppedUntilMs)
        this.#agenda.inOrder(this.stoppedUntilMs + AFTER_TIMERS_MS, what, hear);
      else act();
    };
    this.#agenda.inOrder(dueMs, what, hear);
  }

  stop(forMs: number): void {
    this.stoppedUntilMs = Math.max(this.stoppedUntilMs, this.#agenda.nowMs + forMs);
  }

  onDeath(act: () => void): void {
    this.#onDeath.push(act);
  }

  die(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    for (const act of this.#onDeath) act();
  }
}
