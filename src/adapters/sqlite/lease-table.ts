import type { LeaseRecord, LeaseState } from '../../engine/holdings/lease.js';
import type { LeaseQuery, LeaseWriter } from '../../engine/store.js';
import { changedColumns } from './changes.js';
import { takeNumbers } from './counters.js';
import { CHANGEABLE_LEASE_COLUMNS, type LeaseChange, toLease, toLeaseRow } from './lease-row.js';
import {
  BY_ID,
  BY_NUMBER,
  COUNT_HOLDING,
  INSERT,
  listStatement,
  PRUNE,
  REMOVE,
  SHOWN,
  update,
} from './lease-statements.js';
import { mergeRuns, runArguments } from './merge-runs.js';
import { runNames } from './run-names.js';
import type { LeaseRow } from './schema.js';
import type { Session } from './session.js';

export class LeaseTable implements LeaseWriter {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async list(query: LeaseQuery): Promise<readonly LeaseRecord[]> {
    const { after, step, limit, state } = query;
    const states = state === null ? SHOWN : [state];
    const rows = await mergeRuns<LeaseRow>(
      await runNames(this.#session, 'leases', query.runs),
      states.length,
      limit,
      (some) => {
        const statement = listStatement(some?.length ?? 0, states, step);
        return this.#session.rows(statement, { after, step, limit, ...runArguments(some) });
      },
      (a, b) => a.number - b.number,
    );
    return rows.map(toLease);
  }

  async byId(id: string): Promise<LeaseRecord | null> {
    const [row] = await this.#session.rows(BY_ID, { id });
    return row === undefined ? null : toLease(row);
  }

  async byNumber(number: number): Promise<LeaseRecord | null> {
    const [row] = await this.#session.rows(BY_NUMBER, { number });
    return row === undefined ? null : toLease(row);
  }

  async insert(draft: Omit<LeaseRecord, 'number'>): Promise<LeaseRecord> {
    const lease = { ...draft, number: await takeNumbers(this.#session, 'last_lease', 1) };
    await this.#session.change(INSERT, toLeaseRow(lease));
    return lease;
  }

  async update(number: number, from: LeaseState, change: LeaseChange): Promise<boolean> {
    const changed = changedColumns<LeaseChange, LeaseRow>(CHANGEABLE_LEASE_COLUMNS, change);
    const columns = Object.keys(changed);
    if (columns.length === 0) {
      return false;
    }
    return (await this.#session.change(update(columns.join()), { ...changed, target: number, from })) > 0;
  }

  async remove(number: number): Promise<boolean> {
    return (await this.#session.change(REMOVE, { number })) > 0;
  }

  async countHolding(snapshotId: number): Promise<number> {
    const [row] = await this.#session.rows(COUNT_HOLDING, { snapshotId });
    return row?.count ?? 0;
  }

  async prune(limits: { readonly endedBefore: number; readonly atMost: number }): Promise<number> {
    return this.#session.change(PRUNE, limits);
  }
}
