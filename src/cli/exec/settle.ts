import type { Clock } from '../../engine/clock.js';
import type { Lease } from '../client/documents.js';
import { ProblemError, UnreachableError } from '../client/problem.js';
import type { ServerClient } from '../client/server-client.js';
import { EXIT, ExitError } from '../exit-code.js';
import { Deadline } from '../waiting/deadline.js';
import { persist } from '../waiting/persist.js';
import type { ExecReport } from './exec-report.js';
import type { LeaseSource } from './lease-source.js';
import type { SignalRelay } from './signal-relay.js';

interface Settling {
  readonly client: ServerClient;
  readonly clock: Clock;
  readonly source: LeaseSource;
  readonly report: ExecReport;
  readonly relay: SignalRelay;
}

/**
 * Ends a lease, by what became of the command.
 *
 * @param withinMs how long the server may be away meanwhile: no longer than the lease lasts.
 * @throws ExitError when the command's success does not count for the server.
 */
export async function settle(
  { client, clock, source, report, relay }: Settling,
  lease: Lease,
  status: number,
  withinMs: number,
): Promise<void> {
  const { step, number } = lease;
  const warn = (reason: string): void =>
    report('unsettled', { step, number, reason }, `step ${step}: ${reason}; ${source.unsettled}`);
  const deadline = new Deadline(clock, withinMs / 1_000);
  let wasAway = false;
  const onAway = ({ message }: Error): void => {
    wasAway = true;
    report('away', { reason: message }, `${message}; step ${step} is settled when it answers again`);
  };
  try {
    await persist({ client, clock, deadline, signal: relay.abandoned, onAway }, () =>
      client.text(source.settlement(lease, status)),
    );
    // A user who was told of the trouble is told how it ended.
    if (wasAway) report('settled', { step, number, status }, `step ${step}: ${source.settled(status)}`);
  } catch (error) {
    if (error instanceof ProblemError) {
      if (error.code === 'consumer_not_found') await release(client, lease);
      refused(error, lease, warn);
      return;
    }
    if (relay.abandoned.aborted) warn('interrupted by a signal');
    if (!(error instanceof UnreachableError)) throw error;
    warn(error.message);
    if (status === 0 && lease.delivery) throw new ExitError(EXIT.unreachable);
  }
}

/** Where the consumer was deleted meanwhile nobody takes its delivery back: it is a lease like others. */
async function release(client: ServerClient, { id }: Lease): Promise<void> {
  await client.text({ method: 'DELETE', path: ['leases', id] });
}

function refused(problem: ProblemError, { step }: Lease, warn: (reason: string) => void): void {
  const { code, message } = problem;
  // The command settled it itself, by the id in its environment.
  if (code === 'lease_released') return;
  if (code.startsWith('lease_'))
    throw new ExitError(EXIT.leaseLost, `the lease of step ${step} was lost: ${message}`);
  // It is released all the same: only its path could not be taken away.
  if (code !== 'snapshot_failed') throw problem;
  warn(message);
}
