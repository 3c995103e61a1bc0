import type { RunRecord } from '../../../src/engine/runs/run.js';
import type { StepEntry } from '../../../src/engine/steps/step.js';
import type { RunWriter, StepWriter } from '../../../src/engine/store.js';
import type { Current } from './memory-state.js';

export class MemoryRuns implements RunWriter {
  readonly #current: Current;

  constructor(current: Current) {
    this.#current = current;
  }

  async list(): Promise<readonly RunRecord[]> {
    return [...this.#current().runs.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async put(run: RunRecord): Promise<void> {
    this.#current().runs.set(run.name, structuredClone(run));
  }

  async remove(name: string): Promise<boolean> {
    const { runs, steps, keys, consumers } = this.#current();
    steps.delete(name);
    for (const [id, { run }] of keys) if (run === name) keys.delete(id);
    for (const [id, { record }] of consumers) if (record.run === name) consumers.delete(id);
    return runs.delete(name);
  }
}

export class MemorySteps implements StepWriter {
  readonly #current: Current;

  constructor(current: Current) {
    this.#current = current;
  }

  async list(run: string): Promise<readonly StepEntry[]> {
    return [...(this.#current().steps.get(run)?.values() ?? [])];
  }

  async put(run: string, entries: readonly StepEntry[]): Promise<void> {
    const { runs, steps } = this.#current();
    if (!runs.has(run)) throw new Error(`run ${run} is not registered`);
    const known = new Map(steps.get(run));
    for (const entry of entries) known.set(entry.name, structuredClone(entry));
    steps.set(run, known);
  }

  async remove(run: string, names: readonly string[]): Promise<readonly string[]> {
    const { steps } = this.#current();
    const known = new Map(steps.get(run));
    const removed = names.filter((name) => known.delete(name));
    if (removed.length > 0) steps.set(run, known);
    return removed;
  }
}
