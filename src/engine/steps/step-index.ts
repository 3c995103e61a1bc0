import { type FinalizedStep, isFinalized, type TrackedStep } from './tracked-step.js';

/** Memory for inventories of one run; what is over it is taken again when it is needed. */
const INVENTORY_BYTES = 64 * 1024 * 1024;

/** Everything known of a run's entries, in memory. Changed only by what the event log committed. */
export class StepIndex {
  readonly #tracked = new Map<string, TrackedStep>();
  readonly #settling = new Set<string>();
  /** Finalized entries by step, ascending; null until somebody asks. */
  #finalized: readonly FinalizedStep[] | null = null;
  #revision = 0;
  #inventoryBytes = 0;

  /** Changes with every change of any entry. */
  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#tracked.size;
  }

  get hasRoomForInventories(): boolean {
    return this.#inventoryBytes < INVENTORY_BYTES;
  }

  /** Monotonic time at which the first step that has to settle is due for another look; infinite where none has to. */
  nextDueMs(): number {
    let dueMs = Number.POSITIVE_INFINITY;
    for (const name of this.#settling)
      dueMs = Math.min(dueMs, this.#tracked.get(name)?.settling?.dueMs ?? dueMs);
    return dueMs;
  }

  get(name: string): TrackedStep | null {
    return this.#tracked.get(name) ?? null;
  }

  all(): Iterable<TrackedStep> {
    return this.#tracked.values();
  }

  /** Ascending by step. */
  finalized(): readonly FinalizedStep[] {
    this.#finalized ??= [...this.#tracked.values()]
      .filter(isFinalized)
      .sort((a, b) => a.entry.step - b.entry.step);
    return this.#finalized;
  }

  highest(): FinalizedStep | null {
    return this.finalized().at(-1) ?? null;
  }

  /** The finalized entry of a step; else the one that comes closest to it, such as the one being deleted. */
  byStep(step: number): TrackedStep | null {
    let found: TrackedStep | null = null;
    for (const tracked of this.#tracked.values()) {
      if (tracked.entry.step !== step || tracked.entry.state === 'foreign') continue;
      if (tracked.entry.state === 'finalized') return tracked;
      if (found === null || tracked.entry.state === 'deleting') found = tracked;
    }
    return found;
  }

  byGeneration(generation: string): TrackedStep | null {
    for (const tracked of this.#tracked.values()) if (tracked.entry.generation === generation) return tracked;
    return null;
  }

  /** Takes over new facts; null forgets the name. */
  set(name: string, tracked: TrackedStep | null): void {
    const before = this.#tracked.get(name);
    this.#inventoryBytes -= before?.inventory?.bytes.byteLength ?? 0;
    if (tracked === null) this.#tracked.delete(name);
    else this.#tracked.set(name, tracked);
    this.#inventoryBytes += tracked?.inventory?.bytes.byteLength ?? 0;
    if (tracked?.settling == null) this.#settling.delete(name);
    else this.#settling.add(name);
    this.#finalized = null;
    if (tracked === null || before?.entry !== tracked.entry) this.#revision += 1;
  }
}
