import { EngineError } from '../errors.js';
import type { Principal } from './principal.js';
import { SCOPES, type Scope } from './scope.js';

/** @throws EngineError `forbidden`, which says nothing of what is there. */
export function requireScope({ name, scope }: Principal, needed: Scope): void {
  if (SCOPES.indexOf(scope) >= SCOPES.indexOf(needed)) return;
  throw new EngineError('forbidden', `this call needs the scope ${needed}: the token ${name} has ${scope}`, {
    hint: `use a token with the scope ${needed}`,
  });
}
