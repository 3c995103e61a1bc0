import { Interrupt } from '../signals/interrupt.js';
import { RunGlobs } from './run-globs.js';
import type { Scope } from './scope.js';

/** A caller, with what it may do and see. */
export interface Principal {
  /** The name of its token; `anonymous` while no token exists. It stands in logs, and idempotency keys belong to it. */
  readonly name: string;
  readonly scope: Scope;
  readonly runs: RunGlobs;
  /** Raised when the token is revoked or expires: streams and waits that began with it end then. Thousands may listen. */
  readonly ended: Interrupt;
}

/** The name of every caller while no token exists. */
export const ANONYMOUS_NAME = 'anonymous';

export function anonymous(ended: Interrupt): Principal {
  return { name: ANONYMOUS_NAME, scope: 'admin', runs: RunGlobs.everything, ended };
}

/** Every caller of a server that will never know a token. */
export const ANONYMOUS = anonymous(new Interrupt());

/** The caller of what needs no token. No run exists for this caller. */
export const NOBODY: Principal = {
  name: 'nobody',
  scope: 'read',
  runs: RunGlobs.nothing,
  ended: new Interrupt(),
};
