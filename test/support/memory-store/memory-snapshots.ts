import type { SnapshotDraft, SnapshotRecord, SnapshotState } from '../../../src/engine/holdings/snapshot.js';
import type { SnapshotWriter } from '../../../src/engine/store.js';
import type { Current } from './memory-state.js';

export class MemorySnapshots implements SnapshotWriter {
  readonly #current: Current;

  constructor(current: Current) {
    this.#current = current;
  }

  async list(): Promise<readonly SnapshotRecord[]> {
    return [...this.#current().snapshots.values()].sort((a, b) => a.id - b.id);
  }

  async find(run: string, generation: string): Promise<SnapshotRecord | null> {
    const all = await this.list();
    return all.find((each) => each.run === run && each.generation === generation) ?? null;
  }

  async lastId(): Promise<number> {
    return this.#current().lastSnapshot;
  }

  async insert({ pathOf, ...draft }: SnapshotDraft): Promise<SnapshotRecord> {
    if ((await this.find(draft.run, draft.generation)) !== null)
      throw new Error(`generation ${draft.generation} of run ${draft.run} has a snapshot`);
    const state = this.#current();
    state.lastSnapshot += 1;
    const id = state.lastSnapshot;
    const snapshot = { ...draft, id, path: pathOf(id) };
    state.snapshots.set(id, snapshot);
    return snapshot;
  }

  async advance(id: number, from: SnapshotState, to: SnapshotState): Promise<boolean> {
    const { snapshots } = this.#current();
    const snapshot = snapshots.get(id);
    if (snapshot?.state !== from) return false;
    snapshots.set(id, { ...snapshot, state: to });
    return true;
  }

  async remove(id: number): Promise<boolean> {
    return this.#current().snapshots.delete(id);
  }

  async skipTo(id: number): Promise<void> {
    const state = this.#current();
    state.lastSnapshot = Math.max(state.lastSnapshot, id);
  }
}
