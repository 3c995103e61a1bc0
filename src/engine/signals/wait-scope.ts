import type { Cancel, Clock } from '../clock.js';
import { EngineError } from '../errors.js';
import { Interrupt } from './interrupt.js';

/** What ends waits from outside: the shutdown of the service, or the removal of a run. */
export class Breaker {
  readonly #interrupts = new Set<Interrupt>();
  #reason: 'shutdown' | 'run_removed' | null = null;

  trip(reason: 'shutdown' | 'run_removed'): void {
    this.#reason = reason;
    for (const interrupt of this.#interrupts) interrupt.raise(reason);
    this.#interrupts.clear();
  }

  add(interrupt: Interrupt): void {
    if (this.#reason !== null) interrupt.raise(this.#reason);
    else this.#interrupts.add(interrupt);
  }

  remove(interrupt: Interrupt): void {
    this.#interrupts.delete(interrupt);
  }
}

/** One request that waits: its clock, its deadline, and everything that may end it early. Close it in a `finally`. */
export class WaitScope {
  readonly interrupt = new Interrupt();
  readonly #clock: Clock;
  readonly #startedMs: number;
  readonly #breakers: readonly Breaker[];
  readonly #signal: AbortSignal | null;
  readonly #hangUp = () => this.interrupt.raise('client_gone');
  #cancelDeadline: Cancel = () => undefined;

  /** @param signal aborts when the client hangs up; null for one whose result outlives its client. */
  constructor(clock: Clock, timeoutMs: number, breakers: readonly Breaker[], signal: AbortSignal | null) {
    this.#clock = clock;
    this.#startedMs = clock.monotonic();
    this.#breakers = breakers;
    this.#signal = signal;
    for (const breaker of breakers) breaker.add(this.interrupt);
    if (signal?.aborted) this.#hangUp();
    else signal?.addEventListener('abort', this.#hangUp, { once: true });
    if (timeoutMs <= 0) this.interrupt.raise('deadline');
    else this.#cancelDeadline = clock.after(timeoutMs, () => this.interrupt.raise('deadline'));
  }

  get waitedMs(): number {
    return this.#clock.monotonic() - this.#startedMs;
  }

  /** The error for a wait that must not be answered otherwise; null after a deadline. */
  failure(run: string): EngineError | null {
    switch (this.interrupt.reason) {
      case 'shutdown':
        return shuttingDown();
      case 'run_removed':
        return new EngineError('run_not_found', `run "${run}" was removed while the request waited`);
      case 'client_gone':
        return new EngineError('internal', 'the client hung up');
      default:
        return null;
    }
  }

  close(): void {
    this.#cancelDeadline();
    this.#signal?.removeEventListener('abort', this.#hangUp);
    for (const breaker of this.#breakers) breaker.remove(this.interrupt);
  }
}

export function shuttingDown(): EngineError {
  return new EngineError('shutting_down', 'the server is shutting down', {
    hint: 'ask again in a few seconds: runs, leases and cursors survive the restart',
  });
}
