import type { Clock } from '../../engine/clock.js';

/** Joins the requests of one wait into one record of it. */
export function newWaitId(clock: Clock): string {
  return Buffer.from(clock.randomBytes(12)).toString('hex');
}
