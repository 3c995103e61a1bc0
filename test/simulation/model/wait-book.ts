import type { WaitDocument } from '../../../src/engine/documents.js';
import type { Habits } from '../habits.js';
import { Violation } from '../violation.js';
import type { Savings } from './savings.js';

export interface WaitBookPorts {
  readonly savings: Savings;
  readonly habits: Habits;
  readonly now: () => number;
}

interface Pending {
  readonly until: number;
  readonly sinceMs: number;
}

/** Waits that the service has begun, and when they should have been answered (invariant 13). */
export class WaitBook {
  readonly #ports: WaitBookPorts;
  readonly #pending = new Map<object, Pending>();

  constructor(ports: WaitBookPorts) {
    this.#ports = ports;
  }

  began(wait: object, until: number | null): void {
    this.#pending.set(wait, { until: until ?? 0, sinceMs: this.#ports.now() });
  }

  ended(wait: object): void {
    this.#pending.delete(wait);
  }

  answered(wait: object, answer: WaitDocument): void {
    this.#pending.delete(wait);
    if (!answer.satisfied) return;
    const { name, state } = answer.item;
    if (state !== 'finalized')
      throw new Violation('13 (no missed wait)', `a wait was answered with ${name}, which is ${state}`);
    if (!this.#ports.savings.wasComplete(name))
      throw new Violation(
        '13 (no missed wait)',
        `a wait was answered with ${name}, which was never complete`,
      );
  }

  /** @param calmSinceMs since when nothing holds the service up. */
  check(calmSinceMs: number): void {
    if (this.#pending.size === 0) return;
    const { savings, now } = this.#ports;
    const patienceMs = this.#patienceMs();
    if (now() - calmSinceMs < patienceMs) return;
    const pristine = savings.pristine();
    for (const { until, sinceMs } of this.#pending.values()) {
      if (now() - sinceMs < patienceMs) continue;
      const missed = pristine.find((step) => step.number >= until && now() - step.sinceMs >= patienceMs);
      if (missed !== undefined)
        throw new Violation(
          '13 (no missed wait)',
          `a wait for ${until} since ${sinceMs} is not answered, though ${missed.number} is complete since ${missed.sinceMs}`,
        );
    }
  }

  /** One poll interval and the time to settle, on a machine on which everything may take long. */
  #patienceMs(): number {
    const { options, slowPercent } = this.#ports.habits;
    return options.pollIntervalMs * 2 + options.settleMs * 2 + 500 + slowPercent * 2_000;
  }
}
