import { EXIT } from '../exit-code.js';
import type { Deadline } from '../waiting/deadline.js';
import { endedWithoutStep } from '../waiting/ended-without-step.js';
import { isUnsatisfied, waitInSlices } from '../waiting/wait-in-slices.js';
import { type Execution, runOnLease } from './run-on-lease.js';

interface LoopOptions {
  /** Go on until the run is finished. */
  readonly each: boolean;
  /** Of every single wait. */
  newDeadline(): Deadline;
}

/**
 * Waits for a lease, runs the command on it, and with `each` does so again.
 *
 * @returns the command's status; with `each`, that of the last step whose command failed and did not succeed later.
 * @throws ExitError when a wait brought no step, a lease was lost, or a signal ended it.
 */
export async function execLoop(execution: Execution, { each, newDeadline }: LoopOptions): Promise<number> {
  const { client, clock, relay, report, source } = execution;
  const failed = new Map<number, number>();
  let commands = 0;
  for (;;) {
    const { goal } = source;
    report('waiting', { goal }, `waiting for ${goal}`);
    const patience = {
      client,
      clock,
      deadline: newDeadline(),
      signal: relay.abandoned,
      onAway: ({ message }: Error) => report('away', { reason: message }, `${message}; waiting for it`),
    };
    const answer = await waitInSlices(patience, (seconds) => source.ask(seconds, relay.abandoned));
    if (isUnsatisfied(answer)) {
      if (each && answer.reason === 'finished') {
        const tally = `the command ran ${times(commands)}, ${failed.size === 0 ? 'no step' : `step ${[...failed.keys()].join(', ')}`} failed`;
        report(
          'finished',
          { goal, commands, failed: failed.size },
          `the run is finished: ${goal} will not come; ${tally}`,
        );
        return [...failed.values()].at(-1) ?? EXIT.ok;
      }
      throw endedWithoutStep(answer, goal);
    }
    const status = await runOnLease(execution, answer);
    commands += 1;
    // A signal that asked to end was meant for more than this one command.
    if (!each || relay.isToEnd) return status;
    failed.delete(answer.step);
    if (status !== EXIT.ok) failed.set(answer.step, status);
  }
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
