import type { Lease, PublicLease } from '../client/documents.js';
import { showSeconds, showTime } from '../terminal/figures.js';
import type { Cell, Column } from '../terminal/table.js';

export const LEASE_COLUMNS: readonly Column<PublicLease>[] = [
  { title: 'number', right: true, cell: ({ number }) => number },
  { title: 'run', cell: ({ run }) => run },
  { title: 'step', right: true, cell: ({ step }) => step },
  { title: 'state', cell: ({ state }) => state },
  { title: 'holder', cell: ({ holder }) => holder },
  { title: 'remaining', right: true, cell: ({ ttl_remaining: seconds }) => showSeconds(seconds) },
  { title: 'granted', cell: ({ granted_at: time }) => showTime(time) },
  { title: 'path', cell: ({ path }) => path },
];

/** A lease as its holder needs it. */
export function leaseFields(lease: Lease): Readonly<Record<string, Cell>> {
  return {
    id: lease.id,
    number: lease.number,
    run: lease.run,
    step: lease.step,
    state: lease.state,
    path: lease.path,
    protected: lease.snapshot,
    remaining: showSeconds(lease.ttl_remaining),
    ...(lease.delivery ? { consumer: lease.delivery.consumer, attempt: lease.delivery.attempt } : {}),
  };
}
