import type { Command } from 'commander';
import type { Clock } from '../../engine/clock.js';
import { addLeaseAcquire } from './lease-acquire.js';
import { addLeaseBreak } from './lease-break.js';
import { addLeaseList } from './lease-list.js';
import { addLeaseRelease, addLeaseRenew } from './lease-terms.js';

export function addLease(program: Command, clock: Clock): void {
  const lease = program.command('lease').description('Hold a step: acquire, renew, release, list, break.');
  addLeaseAcquire(lease, clock);
  addLeaseRenew(lease);
  addLeaseRelease(lease);
  addLeaseList(lease);
  addLeaseBreak(lease);
}
