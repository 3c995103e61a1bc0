import { isoTime } from '../units.js';
import type { Scope } from './scope.js';
import type { TokenRecord } from './token.js';

/** A token as admins see it: never its text. */
export interface TokenDocument {
  readonly name: string;
  readonly scope: Scope;
  readonly runs: readonly string[];
  readonly created_at: string;
  readonly expires_at: string | null;
  /** To the minute. */
  readonly last_used_at: string | null;
}

/** A new token, with the text that is never shown again. */
export interface CreatedTokenDocument extends TokenDocument {
  readonly token: string;
}

export function describeToken(record: TokenRecord): TokenDocument {
  const { name, scope, runs, createdAt, expiresAt, lastUsedAt } = record;
  return {
    name,
    scope,
    runs,
    created_at: isoTime(createdAt),
    expires_at: expiresAt === null ? null : isoTime(expiresAt),
    last_used_at: lastUsedAt === null ? null : isoTime(lastUsedAt),
  };
}
