import { type Command, Option } from 'commander';
import type { Clock } from '../../engine/clock.js';
import { Type } from '../../typebox.js';
import { collectLabel, DEFAULT_TTL, readSeconds, readStep, readStepOrLatest } from '../arguments.js';
import { Lease, Unsatisfied } from '../client/documents.js';
import { ProblemError } from '../client/problem.js';
import { addClientCommand, openSession } from '../client-command.js';
import { printJson, printLines } from '../output.js';
import { recordLines } from '../terminal/table.js';
import { bindRun } from '../waiting/bind-run.js';
import { Deadline } from '../waiting/deadline.js';
import { endedWithoutStep, goalOf } from '../waiting/ended-without-step.js';
import { tellAway } from '../waiting/tell-away.js';
import { newWaitId } from '../waiting/wait-id.js';
import { isUnsatisfied, waitInSlices } from '../waiting/wait-in-slices.js';
import { leaseFields } from './lease-columns.js';

const Answer = Type.Union([Lease, Unsatisfied]);

interface AcquireOptions {
  readonly step?: number | 'latest';
  readonly until?: number;
  readonly timeout?: number;
  readonly ttl?: number;
  readonly holder?: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly ignoreSnapshotErrors?: true;
  readonly idempotencyKey?: string;
}

export function addLeaseAcquire(lease: Command, clock: Clock): void {
  const command = addClientCommand(lease, 'acquire', {
    description:
      'Wait for a step and lease it: its path stays whole until the lease ends. The lease is not renewed; "exec" does that, too.',
    examples: [
      'steplease lease acquire --until 12000 --ttl 10m --holder eval-3',
      'steplease lease acquire --step latest --json | jq -r ".id, .path"',
    ],
  })
    .option('--step <N>', 'exactly this step, or "latest"', readStepOrLatest)
    .addOption(
      new Option('--until <N>', 'the highest step, once that is at least N (default: any step)')
        .argParser(readStep)
        .conflicts('step'),
    )
    .option(
      '--timeout <DURATION>',
      'give up after this time, with exit 124 (default: with --step at once, else never)',
      readSeconds,
    )
    .option(
      '--ttl <DURATION>',
      `how long the lease lasts without a renewal (default ${DEFAULT_TTL})`,
      readSeconds,
    )
    .option('--holder <TEXT>', 'name of the holder, for people to read')
    .option('--label <KEY=VALUE>', 'a label that is kept with the lease; repeatable', collectLabel)
    .option('--ignore-snapshot-errors', 'lease also when files have vanished; such a lease protects nothing')
    .option('--idempotency-key <KEY>', 'a repeated call with the same key gets the same lease');
  command.action(async (options: AcquireOptions) => {
    const { client, run: given, json, screen } = openSession(command);
    const { step, until, timeout, ttl, holder, label, ignoreSnapshotErrors, idempotencyKey } = options;
    const patience = {
      client,
      clock,
      deadline: new Deadline(clock, timeout ?? (step === undefined ? null : 0)),
      onAway: tellAway,
    };
    const run = await bindRun(patience, given);
    const goal = goalOf({ step: step ?? null, until: until ?? null, run });
    const waitId = newWaitId(clock);
    const ask = (seconds: number) =>
      client.document(Answer, {
        method: 'POST',
        path: ['leases'],
        query: { run },
        headers: idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey },
        body: {
          step,
          until,
          timeout: seconds,
          ttl,
          holder,
          labels: label,
          ignore_snapshot_errors: ignoreSnapshotErrors,
          wait_id: waitId,
        },
      });
    const answer = await waitInSlices(patience, (seconds) =>
      timeout === undefined ? ask(seconds) : ask(seconds).catch(absentAsTimeout),
    );
    if (json) printJson(answer);
    if (isUnsatisfied(answer)) throw endedWithoutStep(answer, goal);
    if (!json) printLines(recordLines(screen, leaseFields(answer)));
  });
}

/** Who names a step is refused when its time is over; the others are told so. To who waits both are the same. */
function absentAsTimeout(error: unknown): Unsatisfied {
  if (error instanceof ProblemError && error.code === 'step_not_found')
    return { satisfied: false, reason: 'timeout' };
  throw error;
}
