import type { MarkOrigin, OwnerMark } from '../file-system.js';

export interface Surroundings {
  readonly here: MarkOrigin;
  /** Stores that are known to have ended: those of the database file that this process has the lock of. */
  readonly ended: readonly string[];
  /** Whether a server has the database of a file on this machine. */
  readonly isRunning: (database: string) => boolean;
}

/**
 * - `gone`: nobody can be at work in the directory under that mark.
 * - `idle`: no server runs on its database, which is still there.
 * - `alive`: a server is at work there.
 * - `unknown`: nothing tells from here.
 */
export interface FormerOwner {
  readonly state: 'gone' | 'idle' | 'alive' | 'unknown';
  readonly detail: string;
}

/** Whether the owner that a mark names may still be at work. */
export function judgeFormerOwner(
  { store, origin }: OwnerMark,
  { here, ended, isRunning }: Surroundings,
): FormerOwner {
  if (ended.includes(store)) return { state: 'gone', detail: `store ${store} was this database` };
  if (origin === null)
    return { state: 'unknown', detail: `the mark of store ${store} does not say where it is` };
  const { host, database } = origin;
  const place = `store ${store} was database ${database} on ${host}`;
  if (host !== here.host) return { state: 'unknown', detail: `${place}: another machine` };
  if (database === here.database) return { state: 'gone', detail: place };
  return isRunning(database)
    ? { state: 'alive', detail: `${place}, and a server is running on it` }
    : { state: 'idle', detail: `${place}, and no server is running on it` };
}
