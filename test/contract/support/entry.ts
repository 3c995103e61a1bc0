import { SCOPES } from '../../../src/engine/access/scope.js';
import type { Operation } from './api-description.js';
import type { Caller } from './kinds-of-callers.js';

/** How far a request comes: refused for what it is, or taken, whatever it is then answered. */
export type Entry = 'unauthorized' | 'forbidden' | 'no such method' | 'taken' | 'taken, finds no run';

export type Way = 'call' | 'head' | 'websocket';

/** What may wait or stream has no HEAD. */
export function isOffered({ operationId }: Operation, way: Way): boolean {
  return way !== 'head' || !['readEvents', 'wait'].includes(operationId);
}

/** Where the scope alone does not decide, and why. */
const EXCEPTIONS: readonly {
  readonly why: string;
  readonly holds: (operation: Operation, caller: Caller, way: Way) => boolean;
  readonly entry: Entry;
}[] = [
  {
    why: 'a page of another site is turned away before anybody asks who its user is',
    holds: (_operation, { origin }) => origin === 'foreign',
    entry: 'forbidden',
  },
  {
    why: 'nobody is let in to what there is not',
    holds: (operation, _caller, way) => !isOffered(operation, way),
    entry: 'no such method',
  },
  {
    why: 'a run that its token would not see cannot be registered, whether there is such a run or not',
    holds: ({ operationId }, { limited }) => limited && operationId === 'putRun',
    entry: 'forbidden',
  },
  {
    why: 'to log out needs no session, but whoever has one must ask from a page of the server',
    holds: ({ operationId }, { cookie, origin }) =>
      operationId === 'endSession' && cookie && origin !== 'own',
    entry: 'forbidden',
  },
  {
    why: 'a session is made with a token, never with another session',
    holds: ({ operationId }, { cookie, origin, scope }) =>
      operationId === 'beginSession' && cookie && origin === 'own' && scope !== null,
    entry: 'unauthorized',
  },
  {
    why: 'a browser sends the cookie with what any page asks for, so changes and WebSockets need the own Origin',
    holds: ({ method, 'x-required-scope': scope }, caller, way) =>
      scope !== 'none' &&
      caller.cookie &&
      caller.scope !== null &&
      caller.origin !== 'own' &&
      (method !== 'get' || way === 'websocket'),
    entry: 'forbidden',
  },
];

export function expectedEntry(operation: Operation, caller: Caller, way: Way): Entry {
  const exception = EXCEPTIONS.find(({ holds }) => holds(operation, caller, way));
  if (exception !== undefined) return exception.entry;
  const needed = operation['x-required-scope'];
  if (needed === 'none') return 'taken';
  if (caller.scope === null) return 'unauthorized';
  if (SCOPES.indexOf(caller.scope) < SCOPES.indexOf(needed)) return 'forbidden';
  return caller.limited && namesRun(operation) ? 'taken, finds no run' : 'taken';
}

export function namesRun({ path, parameters = [] }: Operation): boolean {
  return path.includes('{run}') || parameters.some((each) => each.in === 'query' && each.name === 'run');
}
