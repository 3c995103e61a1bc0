import { type Static, Type } from '../../typebox.js';
import { nullable } from '../client/nullable.js';

export const Token = Type.Object({
  name: Type.String(),
  scope: Type.String(),
  runs: Type.Array(Type.String()),
  created_at: Type.String(),
  expires_at: nullable(Type.String()),
  last_used_at: nullable(Type.String()),
});
export type Token = Static<typeof Token>;

export const CreatedToken = Type.Intersect([Token, Type.Object({ token: Type.String() })]);
export type CreatedToken = Static<typeof CreatedToken>;

export interface TokenRequest {
  readonly name: string;
  readonly scope: 'read' | 'lease' | 'admin';
  readonly runs: readonly string[];
  /** Seconds; null: it does not expire. */
  readonly expiresIn: number | null;
}

/** Where tokens are made: a server, or a database that no server has. */
export interface TokenDesk {
  create(request: TokenRequest): Promise<CreatedToken>;
  list(): Promise<readonly Token[]>;
  revoke(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens the desk of a database file; the composition root knows how. `create`: the file is made where there is none. */
export type OpenTokenDesk = (file: string, create: boolean) => Promise<TokenDesk>;
