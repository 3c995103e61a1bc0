import type { Cancel, Clock } from '../clock.js';
import { EngineError } from '../errors.js';
import { Interrupt } from './interrupt.js';

/** One request that waits: its clock, its deadline, and everything that may end it early. Close it in a `finally`. */
export class WaitScope {
  readonly interrupt = new Interrupt();
  readonly #clock: Clock;
  /** Monotonic. */
  readonly startedMs: number;
  readonly #outer: readonly (readonly [Interrupt, () => void])[];
  readonly #signal: AbortSignal | null;
  readonly #hangUp = () => this.interrupt.raise('client_gone');
  #cancelDeadline: Cancel = () => undefined;

  /**
   * @param outer what ends waits from outside: the shutdown of the service, the removal of a run.
   * @param signal aborts when the client hangs up; null for one whose result outlives its client.
   */
  constructor(clock: Clock, timeoutMs: number, outer: readonly Interrupt[], signal: AbortSignal | null) {
    this.#clock = clock;
    this.startedMs = clock.monotonic();
    this.#outer = outer.map((each) => [each, () => this.interrupt.raise(each.reason ?? 'shutdown')]);
    this.#signal = signal;
    for (const [each, relay] of this.#outer) each.listen(relay);
    if (signal?.aborted) this.#hangUp();
    else signal?.addEventListener('abort', this.#hangUp, { once: true });
    if (timeoutMs <= 0) this.interrupt.raise('deadline');
    else this.#cancelDeadline = clock.after(timeoutMs, () => this.interrupt.raise('deadline'));
  }

  get waitedMs(): number {
    return this.#clock.monotonic() - this.startedMs;
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
    for (const [each, relay] of this.#outer) each.forget(relay);
  }
}

export function shuttingDown(): EngineError {
  return new EngineError('shutting_down', 'the server is shutting down', {
    hint: 'ask again in a few seconds: runs, leases and cursors survive the restart',
  });
}
