import type { GrantKey } from '../../engine/holdings/lease.js';
import type { GrantKeyWriter } from '../../engine/store.js';
import { valuesOf } from './columns.js';
import type { GrantKeyRow } from './schema.js';
import type { Session } from './session.js';
import { statement } from './statement.js';

const COLUMNS = [
  'run',
  'caller',
  'key',
  'fingerprint',
  'lease_number',
  'created_at',
] as const satisfies readonly (keyof GrantKeyRow)[];

const FIND = statement<Pick<GrantKeyRow, 'run' | 'caller' | 'key'>, GrantKeyRow>((db, args) =>
  db
    .selectFrom('grant_keys')
    .selectAll()
    .where('run', '=', args.run)
    .where('caller', '=', args.caller)
    .where('key', '=', args.key),
);

const INSERT = statement<GrantKeyRow, unknown>((db, key) =>
  db
    .insertInto('grant_keys')
    .values(valuesOf<GrantKeyRow>(COLUMNS, key))
    .onConflict((conflict) => conflict.columns(['run', 'caller', 'key']).doNothing()),
);

// SQL has no `limit` for a delete, and no tuples for `in` that every engine takes: so the rows are looked up, then removed by their key.
const OLDEST = statement<{ readonly createdBefore: number; readonly atMost: number }, GrantKeyRow>(
  (db, { createdBefore, atMost }) =>
    db
      .selectFrom('grant_keys')
      .selectAll()
      .where('created_at', '<', createdBefore)
      .orderBy('created_at')
      .limit(atMost),
);

const REMOVE = statement<Pick<GrantKeyRow, 'run' | 'caller' | 'key'>, unknown>((db, args) =>
  db
    .deleteFrom('grant_keys')
    .where('run', '=', args.run)
    .where('caller', '=', args.caller)
    .where('key', '=', args.key),
);

export class GrantKeyTable implements GrantKeyWriter {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async find(run: string, caller: string, key: string): Promise<GrantKey | null> {
    const [row] = await this.#session.rows(FIND, { run, caller, key });
    return row === undefined ? null : toKey(row);
  }

  async insert(key: GrantKey): Promise<boolean> {
    return (await this.#session.change(INSERT, toRow(key))) > 0;
  }

  async prune(limits: { readonly createdBefore: number; readonly atMost: number }): Promise<number> {
    const oldest = await this.#session.rows(OLDEST, limits);
    for (const { run, caller, key } of oldest) {
      await this.#session.change(REMOVE, { run, caller, key });
    }
    return oldest.length;
  }
}

function toRow(key: GrantKey): GrantKeyRow {
  return {
    run: key.run,
    caller: key.caller,
    key: key.key,
    fingerprint: key.fingerprint,
    lease_number: key.leaseNumber,
    created_at: key.createdAt,
  };
}

function toKey(row: GrantKeyRow): GrantKey {
  return {
    run: row.run,
    caller: row.caller,
    key: row.key,
    fingerprint: row.fingerprint,
    leaseNumber: row.lease_number,
    createdAt: row.created_at,
  };
}
