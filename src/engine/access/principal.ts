import { RunGlobs } from './run-globs.js';
import type { Scope } from './scope.js';

/** Who calls, and what this caller may do and see. */
export interface Principal {
  /** The name of its token; `anonymous` while no token exists. It stands in logs, and idempotency keys belong to it. */
  readonly name: string;
  readonly scope: Scope;
  readonly runs: RunGlobs;
}

/** Every caller, while no token exists. */
export const ANONYMOUS: Principal = { name: 'anonymous', scope: 'admin', runs: RunGlobs.everything };
