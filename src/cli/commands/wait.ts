import type { Command } from 'commander';
import type { Clock } from '../../engine/clock.js';
import { Type } from '../../typebox.js';
import { readSeconds, readStep } from '../arguments.js';
import { Satisfied, Unsatisfied } from '../client/documents.js';
import { addClientCommand, openSession } from '../client-command.js';
import { printJson, printLine, printNote } from '../output.js';
import { bindRun } from '../waiting/bind-run.js';
import { Deadline } from '../waiting/deadline.js';
import { endedWithoutStep, goalOf } from '../waiting/ended-without-step.js';
import { tellAway } from '../waiting/tell-away.js';
import { newWaitId } from '../waiting/wait-id.js';
import { isUnsatisfied, waitInSlices } from '../waiting/wait-in-slices.js';

const Answer = Type.Union([Satisfied, Unsatisfied]);

interface WaitOptions {
  readonly until?: number;
  readonly after?: string;
  readonly timeout?: number;
  readonly quiet?: true;
}

export function addWait(program: Command, clock: Clock): void {
  const command = addClientCommand(program, 'wait', {
    description:
      'Wait until there is a step, and print the number of the highest one. The trainer may still delete the step; "lease acquire" and "exec" protect it.',
    examples: [
      'steplease wait --until 12000                 # as long as it takes',
      'step=$(steplease wait --until 12000 --timeout 10m) || echo "exit $?"   # 124: timed out, 3: the run is finished',
    ],
  })
    .option('--until <N>', 'wait until the highest step is at least N (default: any step)', readStep)
    .option('--after <CURSOR>', 'wait instead for the first step that is finalized after this position')
    .option(
      '--timeout <DURATION>',
      'give up after this time, with exit 124; 0 only looks (default: never)',
      readSeconds,
    )
    .option('-q, --quiet', 'print no progress on standard error');
  command.action(async ({ until, after, timeout, quiet }: WaitOptions) => {
    const { client, run: given, json } = openSession(command);
    const patience = {
      client,
      clock,
      deadline: new Deadline(clock, timeout ?? null),
      onAway: tellAway,
    };
    const run = await bindRun(patience, given);
    const goal = goalOf({ until: until ?? null, run });
    const waitId = newWaitId(clock);
    if (!quiet && timeout !== 0) printNote(`waiting for ${goal}`);
    const answer = await waitInSlices(patience, (seconds) =>
      client.document(Answer, {
        path: ['wait'],
        query: { run, until, after, timeout: seconds, wait_id: waitId },
      }),
    );
    if (json) printJson(answer);
    if (isUnsatisfied(answer)) throw endedWithoutStep(answer, goal);
    if (!json) printLine(String(answer.step));
  });
}
