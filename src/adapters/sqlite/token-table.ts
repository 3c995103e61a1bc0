import { SCOPES } from '../../engine/access/scope.js';
import type { TokenRecord, TokenWriter } from '../../engine/access/token.js';
import { fromJson, toJson, valuesOf, valuesOfInsert } from './columns.js';
import type { TokenRow } from './schema.js';
import type { Session } from './session.js';
import { type NoArguments, statement } from './statement.js';

const COLUMNS = [
  'name',
  'digest',
  'scope',
  'runs_json',
  'created_at',
  'expires_at',
  'last_used_at',
  'revoked_at',
] as const satisfies readonly (keyof TokenRow)[];

const LIST = statement<NoArguments, TokenRow>((db) =>
  db.selectFrom('tokens').selectAll().where('revoked_at', 'is', null).orderBy('name'),
);

const FIRST = statement<NoArguments, { name: string }>((db) =>
  db.selectFrom('tokens').select('name').limit(1),
);

const INSERT = statement<TokenRow, unknown>((db, token) =>
  db
    .insertInto('tokens')
    .values(valuesOf<TokenRow>(COLUMNS, token))
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet(valuesOfInsert<TokenRow>(COLUMNS))
        .where('tokens.revoked_at', 'is not', null),
    ),
);

const REVOKE = statement<{ readonly name: string; readonly digest: string; readonly at: number }, unknown>(
  (db, { name, digest, at }) =>
    db
      .updateTable('tokens')
      .set({ revoked_at: at })
      .where('name', '=', name)
      .where('digest', '=', digest)
      .where('revoked_at', 'is', null),
);

const TOUCH = statement<{ readonly name: string; readonly at: number }, unknown>((db, { name, at }) =>
  db.updateTable('tokens').set({ last_used_at: at }).where('name', '=', name).where('revoked_at', 'is', null),
);

export class TokenTable implements TokenWriter {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async list(): Promise<readonly TokenRecord[]> {
    return (await this.#session.rows(LIST, {})).map(toToken);
  }

  async haveExisted(): Promise<boolean> {
    return (await this.#session.rows(FIRST, {})).length > 0;
  }

  async insert(token: TokenRecord): Promise<boolean> {
    return (await this.#session.change(INSERT, toRow(token))) > 0;
  }

  async revoke(name: string, digest: string, at: number): Promise<boolean> {
    return (await this.#session.change(REVOKE, { name, digest, at })) > 0;
  }

  async touch(name: string, at: number): Promise<void> {
    await this.#session.change(TOUCH, { name, at });
  }
}

function toRow(token: TokenRecord): TokenRow {
  return {
    name: token.name,
    digest: token.digest,
    scope: token.scope,
    runs_json: toJson(token.runs),
    created_at: token.createdAt,
    expires_at: token.expiresAt,
    last_used_at: token.lastUsedAt,
    revoked_at: null,
  };
}

function toToken(row: TokenRow): TokenRecord {
  const scope = SCOPES.find((each) => each === row.scope);
  // Whatever stands there that this version does not know may do the least.
  return {
    name: row.name,
    digest: row.digest,
    scope: scope ?? 'read',
    runs: fromJson(row.runs_json),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}
