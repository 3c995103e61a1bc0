import type { GrantKey, LeaseRecord, LeaseState } from '../../../src/engine/holdings/lease.js';
import type { GrantKeyWriter, LeaseQuery, LeaseWriter } from '../../../src/engine/store.js';
import { type Current, keyOf } from './memory-state.js';

type LeaseChange = Parameters<LeaseWriter['update']>[2];

export class MemoryLeases implements LeaseWriter {
  readonly #current: Current;

  constructor(current: Current) {
    this.#current = current;
  }

  async list({ runs, state, step, after, limit }: LeaseQuery): Promise<readonly LeaseRecord[]> {
    return [...this.#current().leases.values()]
      .filter((lease) => runs.sees(lease.run))
      .filter((lease) => (state === null ? lease.state !== 'pending' : lease.state === state))
      .filter((lease) => step === null || lease.step === step)
      .filter((lease) => lease.number > after)
      .sort((a, b) => a.number - b.number)
      .slice(0, limit);
  }

  async byId(id: string): Promise<LeaseRecord | null> {
    return [...this.#current().leases.values()].find((lease) => lease.id === id) ?? null;
  }

  async byNumber(number: number): Promise<LeaseRecord | null> {
    return this.#current().leases.get(number) ?? null;
  }

  async insert(draft: Omit<LeaseRecord, 'number'>): Promise<LeaseRecord> {
    if ((await this.byId(draft.id)) !== null) throw new Error('two leases have one id');
    const state = this.#current();
    state.lastLease += 1;
    const lease = { ...structuredClone(draft), number: state.lastLease };
    state.leases.set(lease.number, lease);
    return lease;
  }

  async update(number: number, from: LeaseState, change: LeaseChange): Promise<boolean> {
    const { leases } = this.#current();
    const lease = leases.get(number);
    if (lease?.state !== from || Object.keys(change).length === 0) return false;
    leases.set(number, { ...lease, ...change });
    return true;
  }

  async remove(number: number): Promise<boolean> {
    const { leases, keys } = this.#current();
    for (const [id, { leaseNumber }] of keys) if (leaseNumber === number) keys.delete(id);
    return leases.delete(number);
  }

  async countHolding(snapshotId: number): Promise<number> {
    return [...this.#current().leases.values()].filter(
      (lease) => lease.snapshotId === snapshotId && (lease.state === 'pending' || lease.state === 'active'),
    ).length;
  }

  async prune(limits: { readonly endedBefore: number; readonly atMost: number }): Promise<number> {
    const ended = [...this.#current().leases.values()].flatMap(({ number, endedAt }) =>
      endedAt !== null && endedAt < limits.endedBefore ? [{ number, endedAt }] : [],
    );
    const oldest = ended.sort((a, b) => a.endedAt - b.endedAt).slice(0, limits.atMost);
    for (const { number } of oldest) await this.remove(number);
    return oldest.length;
  }
}

export class MemoryGrantKeys implements GrantKeyWriter {
  readonly #current: Current;

  constructor(current: Current) {
    this.#current = current;
  }

  async find(run: string, caller: string, key: string): Promise<GrantKey | null> {
    return this.#current().keys.get(keyOf(run, caller, key)) ?? null;
  }

  async insert(key: GrantKey): Promise<boolean> {
    const { runs, leases, keys } = this.#current();
    if (!runs.has(key.run)) throw new Error(`run ${key.run} is not registered`);
    if (!leases.has(key.leaseNumber)) throw new Error(`there is no lease ${key.leaseNumber}`);
    const id = keyOf(key.run, key.caller, key.key);
    if (keys.has(id)) return false;
    keys.set(id, structuredClone(key));
    return true;
  }

  async prune(limits: { readonly createdBefore: number; readonly atMost: number }): Promise<number> {
    const { keys } = this.#current();
    const oldest = [...keys]
      .filter(([, { createdAt }]) => createdAt < limits.createdBefore)
      .sort(([, a], [, b]) => a.createdAt - b.createdAt)
      .slice(0, limits.atMost);
    for (const [id] of oldest) keys.delete(id);
    return oldest.length;
  }
}
