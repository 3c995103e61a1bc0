import type { Scope } from './scope.js';

/** A token as it is stored: its text is known to its owner alone. Times are wall time in milliseconds. */
export interface TokenRecord {
  readonly name: string;
  /** SHA-256 of the text, in hex. */
  readonly digest: string;
  readonly scope: Scope;
  /** Patterns for `RunGlobs`. */
  readonly runs: readonly string[];
  readonly createdAt: number;
  /** Null: never. */
  readonly expiresAt: number | null;
  /** To the minute; null: never used. */
  readonly lastUsedAt: number | null;
}

export interface TokenReader {
  /** Those that are not revoked, by name. Expired ones are among them. */
  list(): Promise<readonly TokenRecord[]>;
  /** Whether there ever was one, revoked or not. */
  haveExisted(): Promise<boolean>;
}

export interface TokenWriter extends TokenReader {
  /** False, and nothing done, when a token that is not revoked has the name. */
  insert(token: TokenRecord): Promise<boolean>;
  /** False when none of that name has this digest, or it is revoked. */
  revoke(name: string, digest: string, at: number): Promise<boolean>;
  /** Does nothing where no token has the name. */
  touch(name: string, at: number): Promise<void>;
}
