import { hostname } from 'node:os';
import { type Command, Option } from 'commander';
import { environment } from '../../config/environment.js';
import type { Clock } from '../../engine/clock.js';
import { DEFAULT_TTL, readSeconds, readStep } from '../arguments.js';
import type { ServerClient } from '../client/server-client.js';
import { addClientCommand, openSession } from '../client-command.js';
import { execLoop } from '../exec/exec-loop.js';
import { execReport } from '../exec/exec-report.js';
import { ConsumerSteps, type LeaseSource, NewestSteps } from '../exec/lease-source.js';
import { SignalRelay } from '../exec/signal-relay.js';
import { EXIT, ExitError } from '../exit-code.js';
import { bindRun } from '../waiting/bind-run.js';
import { Deadline } from '../waiting/deadline.js';
import { newWaitId } from '../waiting/wait-id.js';

interface ExecOptions {
  readonly until?: number;
  readonly consumer?: string;
  readonly each?: true;
  readonly timeout?: number;
  readonly ttl?: number;
  readonly holder?: string;
  readonly nackDelay?: number;
  readonly killAfter: number;
  readonly quiet?: true;
}

const DETAILS = `
The command finds STEPLEASE_STEP, STEPLEASE_PATH, STEPLEASE_LEASE_ID, STEPLEASE_RUN and STEPLEASE_URL in its environment; {step} and
{path} are replaced in its arguments. The lease is renewed while the command runs, and released when the command ends. A consumer's step
is acknowledged after status 0, and offered again after any other status.

Exit status: the status of the command (with --each, of the last step that failed, else 0). 124: no step came in time. 3: the run is
finished. 75: the lease was lost, and the command was stopped. 69: no server answers. 126, 127: the command cannot be run. 128+n: signal n.`;

export function addExec(program: Command, clock: Clock): void {
  const command = addClientCommand(program, 'exec', {
    description: 'Wait for a step, lease it, and run a command on it. Signals are passed to the command.',
    examples: [
      'steplease exec --until 12000 -- python eval.py --step {step} --checkpoint {path}',
      'steplease exec --each --ttl 10m -- sh -c \'python eval.py "$STEPLEASE_PATH"\'',
      'steplease exec --consumer mmlu --each -- ./eval.sh {path}    # misses no step, across restarts',
    ],
  })
    .usage('[options] -- COMMAND [ARGUMENT...]')
    .argument('<COMMAND...>', 'what to run, best after "--"')
    .passThroughOptions()
    .option('--until <N>', 'wait until the highest step is at least N (default: any step)', readStep)
    .addOption(new Option('--consumer <NAME>', 'take the next step of this consumer').conflicts('until'))
    .option('--each', 'go on with every new step until the run is finished')
    .option(
      '--timeout <DURATION>',
      'give up a wait for a step after this time, with exit 124 (default: never)',
      readSeconds,
    )
    .option(
      '--ttl <DURATION>',
      `how long the lease lasts when this program cannot renew it (default ${DEFAULT_TTL})`,
      readSeconds,
    )
    .option('--holder <TEXT>', 'name of the holder, for people to read (default: host and process)')
    .option(
      '--nack-delay <DURATION>',
      'with --consumer: offer a failed step again only after this time',
      readSeconds,
    )
    .addOption(
      new Option('--kill-after <DURATION>', 'time between SIGTERM and SIGKILL when the lease is lost')
        .argParser(readSeconds)
        .default(10, '10s'),
    )
    .option('-q, --quiet', 'print only problems on standard error')
    .addHelpText('after', DETAILS);
  command.action(async (words: readonly string[], options: ExecOptions) => {
    if (options.nackDelay !== undefined && options.consumer === undefined)
      throw new ExitError(EXIT.usage, '--nack-delay is for steps of a consumer: give --consumer, too');
    const session = openSession(command);
    const relay = new SignalRelay();
    try {
      const { client } = session;
      const report = execReport({ json: session.json, quiet: options.quiet === true });
      const newDeadline = (): Deadline => new Deadline(clock, options.timeout ?? null);
      const onAway = ({ message }: Error): void =>
        report('away', { reason: message }, `${message}; waiting for it`);
      const patience = { client, clock, deadline: newDeadline(), signal: relay.abandoned, onAway };
      const run = await bindRun(patience, session.run);
      const execution = {
        client,
        clock,
        relay,
        report,
        source: sourceOf(client, run, options, clock),
        command: words,
        environment: environment(),
        graceMs: options.killAfter * 1_000,
      };
      const status = await execLoop(execution, { each: options.each === true, newDeadline });
      if (status !== EXIT.ok) throw new ExitError(status);
    } finally {
      relay.close();
    }
  });
}

function sourceOf(
  client: ServerClient,
  run: string,
  { until, consumer, ttl, holder, nackDelay }: ExecOptions,
  clock: Clock,
): LeaseSource {
  const terms = {
    run,
    ttl: ttl ?? null,
    holder: holder ?? `${hostname()}:${process.pid}`.slice(-128),
    waitId: newWaitId(clock),
  };
  return consumer === undefined
    ? new NewestSteps(client, terms, until ?? null)
    : new ConsumerSteps(client, terms, consumer, nackDelay ?? null);
}
