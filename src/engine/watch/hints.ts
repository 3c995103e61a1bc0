import type { Cancel, Clock } from '../clock.js';
import type { Hint } from '../file-system.js';
import { isTemporaryName } from '../steps/commit-marker.js';
import type { HintedName } from './sightings.js';

/** A filesystem that never stops hinting is scanned half of the time at most. */
const MAX_PAUSE_MS = 250;
/** Hints that announce no finalized step are gathered for so long. */
const LEISURE_MS = 5;

/** Names that the filesystem hinted at, and when they are worth a scan. */
export class Hints {
  readonly #clock: Clock;
  readonly #onDue: () => void;
  readonly #names = new Map<string, HintedName>();
  #lastScan = { endedMs: Number.NEGATIVE_INFINITY, durationMs: 0 };
  #cancel: Cancel | null = null;

  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Notes a name for the next scan, without asking for one. */
  note(name: string, { before }: Pick<Hint, 'before'> = { before: null }): void {
    const noted = this.#names.get(name);
    this.#names.set(name, { before: before ?? noted?.before ?? null, times: (noted?.times ?? 0) + 1 });
  }

  /** Gives back what a scan took and could not look at. */
  giveBack(names: ReadonlyMap<string, HintedName>): void {
    for (const [name, hinted] of names) if (!this.#names.has(name)) this.#names.set(name, hinted);
  }

  /** The names since the last call. */
  take(): ReadonlyMap<string, HintedName> {
    const names = new Map(this.#names);
    this.#names.clear();
    return names;
  }

  scanned(endedMs: number, durationMs: number): void {
    this.#lastScan = { endedMs, durationMs };
  }

  /** Asks for a scan as soon as that name is worth one; null: whatever may have happened. */
  ask(name: string | null): void {
    const { endedMs, durationMs } = this.#lastScan;
    const restMs = Math.min(durationMs, MAX_PAUSE_MS) - (this.#clock.monotonic() - endedMs);
    // A rename comes as two hints, the temporary name first: the scan shall begin with the second.
    const isUrgent = name !== null && !isTemporaryName(name);
    const pauseMs = Math.max(restMs, isUrgent ? 0 : LEISURE_MS);
    if (pauseMs > 0 && this.#cancel !== null) return;
    this.stop();
    if (pauseMs <= 0) {
      this.#onDue();
      return;
    }
    this.#cancel = this.#clock.after(pauseMs, () => {
      this.#cancel = null;
      this.#onDue();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
