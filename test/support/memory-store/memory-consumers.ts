import type {
  Acknowledgement,
  ConsumerRecord,
  OwedDraft,
  OwedStep,
} from '../../../src/engine/consumers/consumer.js';
import type { AcknowledgementQuery, ConsumerWriter } from '../../../src/engine/store.js';
import { type ConsumerState, type Current, keyOf } from './memory-state.js';

type ConsumerChange = Parameters<ConsumerWriter['update']>[2];

export class MemoryConsumers implements ConsumerWriter {
  readonly #current: Current;

  constructor(current: Current) {
    this.#current = current;
  }

  async list(): Promise<readonly ConsumerRecord[]> {
    const records = this.#all().map(({ record }) => record);
    return records.sort((a, b) => (a.run < b.run || (a.run === b.run && a.name < b.name) ? -1 : 1));
  }

  async insert(record: ConsumerRecord): Promise<void> {
    const { runs, consumers } = this.#current();
    const id = keyOf(record.run, record.name);
    if (!runs.has(record.run)) throw new Error(`run ${record.run} is not registered`);
    if (consumers.has(id)) throw new Error(`run ${record.run} has a consumer ${record.name}`);
    const nothing = { owed: [], acknowledgements: [], taken: 0, acknowledged: 0 };
    consumers.set(id, { ...nothing, record: structuredClone(record) });
  }

  async update(run: string, name: string, change: ConsumerChange): Promise<void> {
    const known = this.#find(run, name);
    if (known !== undefined) this.#put({ ...known, record: { ...known.record, ...structuredClone(change) } });
  }

  async remove(run: string, name: string): Promise<void> {
    this.#current().consumers.delete(keyOf(run, name));
  }

  async owed(run: string, consumer: string): Promise<readonly OwedStep[]> {
    return this.#find(run, consumer)?.owed ?? [];
  }

  async owe(run: string, consumer: string, drafts: readonly OwedDraft[]): Promise<readonly OwedStep[]> {
    const taken: OwedStep[] = [];
    for (const draft of drafts) {
      const known = this.#find(run, consumer);
      if (known === undefined) return [];
      const isKnown = ({ generation }: { generation: string }) => generation === draft.generation;
      if (known.owed.some(isKnown) || known.acknowledgements.some(isKnown)) continue;
      const ordinal = known.taken + 1;
      const fresh = { snapshotId: null, leaseNumber: null, attempts: 0, notBefore: null, parkedAt: null };
      const owed: OwedStep = { ...draft, ...fresh, run, consumer, ordinal };
      this.#put({ ...known, taken: ordinal, owed: [...known.owed, owed] });
      taken.push(owed);
    }
    return taken;
  }

  async findOwed(run: string, consumer: string, ordinal: number): Promise<OwedStep | null> {
    return this.#find(run, consumer)?.owed.find((owed) => owed.ordinal === ordinal) ?? null;
  }

  async owedByLease(leaseNumber: number): Promise<OwedStep | null> {
    const owed = this.#all().flatMap((consumer) => consumer.owed);
    return owed.find((each) => each.leaseNumber === leaseNumber) ?? null;
  }

  async putOwed(owed: OwedStep): Promise<boolean> {
    return this.#replaceOwed(owed, [{ ...owed }]);
  }

  async removeOwed(owed: OwedStep): Promise<boolean> {
    return this.#replaceOwed(owed, []);
  }

  async acknowledge(acknowledgement: Omit<Acknowledgement, 'number'>): Promise<void> {
    const known = this.#get(acknowledgement.run, acknowledgement.consumer);
    const number = known.acknowledged + 1;
    const numbered = { ...structuredClone(acknowledgement), number };
    this.#put({ ...known, acknowledged: number, acknowledgements: [...known.acknowledgements, numbered] });
  }

  async acknowledgements(query: AcknowledgementQuery): Promise<readonly Acknowledgement[]> {
    const all = this.#find(query.run, query.consumer)?.acknowledgements ?? [];
    return all.filter(({ number }) => number > query.after).slice(0, query.limit);
  }

  async lastAcknowledged(run: string, consumer: string, before: number): Promise<Acknowledgement | null> {
    const all = this.#find(run, consumer)?.acknowledgements ?? [];
    const earlier = all.filter(({ ordinal }) => ordinal < before);
    return earlier.toSorted((a, b) => b.ordinal - a.ordinal)[0] ?? null;
  }

  async countHolding(snapshotId: number): Promise<number> {
    const owed = this.#all().flatMap((consumer) => consumer.owed);
    return owed.filter((each) => each.snapshotId === snapshotId).length;
  }

  #all(): ConsumerState[] {
    return [...this.#current().consumers.values()];
  }

  #find(run: string, name: string): ConsumerState | undefined {
    return this.#current().consumers.get(keyOf(run, name));
  }

  #get(run: string, name: string): ConsumerState {
    const known = this.#find(run, name);
    if (known === undefined) throw new Error(`run ${run} has no consumer ${name}`);
    return known;
  }

  #put(state: ConsumerState): void {
    this.#current().consumers.set(keyOf(state.record.run, state.record.name), state);
  }

  #replaceOwed({ run, consumer, ordinal }: OwedStep, by: readonly OwedStep[]): boolean {
    const known = this.#find(run, consumer);
    if (known?.owed.some((each) => each.ordinal === ordinal) !== true) return false;
    this.#put({ ...known, owed: known.owed.flatMap((each) => (each.ordinal === ordinal ? by : [each])) });
    return true;
  }
}
