import type { Command } from 'commander';
import type { Clock } from '../engine/clock.js';
import type { MigrateDatabase, StartApp } from '../server.js';
import { VERSION } from '../version.js';
import { addCompletion } from './commands/completion.js';
import { addConfigExplain } from './commands/config-explain.js';
import { addConsumer } from './commands/consumer.js';
import { addDb } from './commands/db.js';
import { addDoctor } from './commands/doctor.js';
import { addExec } from './commands/exec.js';
import { addExplain } from './commands/explain.js';
import { addLease } from './commands/lease.js';
import { addMigrate } from './commands/migrate.js';
import { addRestoreArgs } from './commands/restore-args.js';
import { addFinish, addReopen } from './commands/run-completion.js';
import { addRuns } from './commands/runs.js';
import { addServe } from './commands/serve.js';
import { addSnapshot } from './commands/snapshot.js';
import { addSteps } from './commands/steps.js';
import { addToken } from './commands/token.js';
import { addVerify } from './commands/verify.js';
import { addVersion } from './commands/version.js';
import { addWait } from './commands/wait.js';
import { addWaits } from './commands/waits.js';
import { addWatch } from './commands/watch.js';
import type { DatabaseCare } from './database/database-care.js';
import type { Machine } from './doctor/machine.js';
import { EXIT } from './exit-code.js';
import { failureOf } from './failure.js';
import { printErrorLine, printLine } from './output.js';
import type { OpenTokenDesk } from './tokens/token-desk.js';
import { Verb } from './verb.js';

/** What the commands run on: the composition root, or a test's stand-in. */
export interface Composition {
  readonly startApp: StartApp;
  readonly migrateDatabase: MigrateDatabase;
  /** Loaded when it is asked for. */
  readonly machine: () => Promise<Machine>;
  readonly databaseCare: () => Promise<DatabaseCare>;
  readonly tokenDesk: OpenTokenDesk;
  readonly clock: Clock;
  /** How long draining may take; ten seconds if left out. */
  readonly closeWithinMs?: number;
}

const EXAMPLES = `
Examples:
  steplease serve /ckpts/run                                # the server; the other verbs talk to one
  steplease steps                                           # what is there
  steplease exec --each -- python eval.py {path}            # a command on every new step, safe from deletion
  steplease help exec                                       # every verb has its own

Exit codes: 0 ok, 1 refused or failed, 2 bad arguments, 3 the run is finished, 69 no server answers, 75 lease lost, 77 not permitted, 124 timed out.`;

/**
 * Runs one command.
 *
 * @param args what follows the program's name.
 * @returns the exit code; `serve` returns 0 as soon as it listens.
 */
export async function runProgram(args: readonly string[], composition: Composition): Promise<number> {
  try {
    await createProgram(composition).parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    const { exitCode, lines } = failureOf(error);
    for (const line of lines) printErrorLine(line);
    return exitCode;
  }
}

function createProgram({
  migrateDatabase,
  machine,
  databaseCare,
  tokenDesk,
  clock,
  ...serving
}: Composition): Command {
  const program = new Verb('steplease')
    .description('Watch, wait for and lease JAX/Orbax checkpoints over HTTP and WebSocket.')
    .version(VERSION)
    .addHelpText('after', EXAMPLES)
    .showSuggestionAfterError()
    // Options that stand behind the command of `exec` are its own.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => printLine(text.trimEnd()),
      writeErr: (text) => printErrorLine(text.trimEnd()),
    });
  addServe(program, serving);
  addMigrate(program, migrateDatabase);
  addDb(program, databaseCare);
  addConfigExplain(program);
  addRuns(program);
  addFinish(program);
  addReopen(program);
  addSteps(program);
  addWait(program, clock);
  addWaits(program);
  addWatch(program, clock);
  addLease(program, clock);
  addSnapshot(program);
  addToken(program, tokenDesk);
  addRestoreArgs(program);
  addVerify(program);
  addConsumer(program, clock);
  addExplain(program);
  addExec(program, clock);
  addDoctor(program, clock, machine);
  addVersion(program);
  addCompletion(program);
  return program;
}
