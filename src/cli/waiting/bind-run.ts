import { meantRun } from '../client/find-run.js';
import { type Patience, persist } from './persist.js';

/**
 * Settles at its start which run a command is about for as long as it goes on: a run that is registered meanwhile must not end it, or lead
 * it elsewhere.
 *
 * @param given the run that was named; null: the one that the server takes calls without a run to mean.
 */
export async function bindRun(patience: Patience, given: string | null): Promise<string> {
  return given ?? persist(patience, () => meantRun(patience.client));
}
