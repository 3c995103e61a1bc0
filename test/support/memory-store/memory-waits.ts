import type { RunGlobs } from '../../../src/engine/access/run-globs.js';
import type { WaitPage, WaitQuery, WaitWriter } from '../../../src/engine/store.js';
import type { WaitOutcome, WaitRecord, WaitSummary } from '../../../src/engine/waits/wait.js';
import type { Current } from './memory-state.js';
import { cutOff, type PruneLimits } from './prune.js';

export class MemoryWaits implements WaitWriter {
  readonly #current: Current;

  constructor(current: Current) {
    this.#current = current;
  }

  async page({ runs, before, limit }: WaitQuery): Promise<WaitPage> {
    const matching = this.#current().waits.filter(
      ({ position, record }) => (before === null || position < before) && runs.sees(record.run),
    );
    const shown = matching.toReversed().slice(0, limit);
    const next = matching.length > limit ? (shown.at(-1)?.position ?? before) : null;
    return { waits: shown.map(({ record }) => record), next };
  }

  async summary(runs: RunGlobs): Promise<WaitSummary> {
    const waits = this.#current().waits.flatMap(({ record }) => (runs.sees(record.run) ? [record] : []));
    const durations = waits.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
    const rank = (percent: number) => durations[Math.ceil((durations.length * percent) / 100) - 1] ?? null;
    const count = (outcome: WaitOutcome) => waits.filter((each) => each.outcome === outcome).length;
    return {
      count: waits.length,
      reached: count('reached'),
      timeout: count('timeout'),
      finished: count('finished'),
      cancelled: count('cancelled'),
      p50: rank(50),
      p90: rank(90),
      p99: rank(99),
      max: durations.at(-1) ?? null,
    };
  }

  async append(waits: readonly WaitRecord[]): Promise<void> {
    const state = this.#current();
    const placed = waits.map((record) => {
      state.lastWait += 1;
      return { position: state.lastWait, record: { ...record } };
    });
    state.waits = [...state.waits, ...placed];
  }

  async prune(limits: PruneLimits): Promise<number> {
    const state = this.#current();
    const count = cutOff(
      state.waits.map(({ record }) => record.startedAt),
      limits,
    );
    state.waits = state.waits.slice(count);
    return count;
  }
}
