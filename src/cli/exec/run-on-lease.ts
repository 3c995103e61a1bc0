import type { Environment } from '../../config/environment.js';
import type { Clock } from '../../engine/clock.js';
import type { Lease } from '../client/documents.js';
import type { ServerClient } from '../client/server-client.js';
import { EXIT, ExitError } from '../exit-code.js';
import { CommandProcess, CommandStartError } from './command-process.js';
import type { ExecReport } from './exec-report.js';
import { LeaseKeeper } from './lease-keeper.js';
import type { LeaseSource } from './lease-source.js';
import { settle } from './settle.js';
import type { SignalRelay } from './signal-relay.js';

export interface Execution {
  readonly client: ServerClient;
  readonly clock: Clock;
  readonly relay: SignalRelay;
  readonly report: ExecReport;
  readonly source: LeaseSource;
  /** With `{step}` and `{path}` still in it. */
  readonly command: readonly string[];
  readonly environment: Environment;
  readonly graceMs: number;
}

/**
 * Runs the command on one lease and settles it.
 *
 * @returns the command's status.
 * @throws ExitError when the lease was lost (the command has ended then), or when the command cannot be started.
 */
export async function runOnLease(execution: Execution, lease: Lease): Promise<number> {
  const { client, clock, relay, report } = execution;
  const { step, number, run, path } = lease;
  const keeper = new LeaseKeeper(client, clock, lease);
  try {
    // A signal came while the lease was on its way.
    if (relay.abandoned.aborted) {
      await settle(execution, lease, EXIT.failure, keeper.trustedMs);
      throw relay.abandoned.reason;
    }
    const protection = lease.snapshot ? '' : '; nothing protects it from deletion';
    report(
      'leased',
      { run, step, number, path, protected: lease.snapshot },
      `step ${step} of run ${run} leased, at ${path}${protection}`,
    );
    const status = await runCommand(execution, lease, keeper);
    const reason = await keeper.confirm();
    if (reason !== null) throw lost(report, lease, reason);
    report('ended', { run, step, number, status }, `step ${step}: the command ended with status ${status}`);
    await settle(execution, lease, status, keeper.trustedMs);
    return status;
  } catch (error) {
    if (!(error instanceof CommandStartError)) throw error;
    await settle(execution, lease, error.status, keeper.trustedMs);
    throw new ExitError(error.status, error.message);
  } finally {
    keeper.stop();
  }
}

async function runCommand(
  { client, clock, relay, report, command, environment, graceMs }: Execution,
  lease: Lease,
  keeper: LeaseKeeper,
): Promise<number> {
  const env = {
    ...environment,
    STEPLEASE_URL: client.server,
    STEPLEASE_RUN: lease.run,
    STEPLEASE_STEP: String(lease.step),
    STEPLEASE_PATH: lease.path,
    STEPLEASE_LEASE_ID: lease.id,
  };
  const starting = CommandProcess.start(
    command.map((word) => fillIn(word, lease)),
    { clock, env, graceMs },
  );
  // Before it has started: a signal that comes meanwhile is meant for it, too.
  relay.passTo((signal) => {
    starting.then(
      (child) => child.signal(signal),
      () => undefined,
    );
  });
  try {
    const child = await starting;
    const reason = await Promise.race([child.ended.then(() => null), keeper.lost]);
    if (reason !== null) {
      await child.stop();
      throw lost(report, lease, reason);
    }
    return await child.ended;
  } finally {
    relay.passTo(null);
  }
}

function lost(report: ExecReport, { step, run, number }: Lease, reason: string): ExitError {
  report('lost', { run, step, number, reason }, `the lease of step ${step} was lost: ${reason}`);
  return new ExitError(EXIT.leaseLost);
}

function fillIn(word: string, { step, path }: Lease): string {
  return word.replace(/\{(step|path)\}/g, (_all, name: string) => (name === 'step' ? String(step) : path));
}
