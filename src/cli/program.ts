import { Command } from 'commander';
import type { Clock } from '../engine/clock.js';
import type { MigrateDatabase, StartApp } from '../server.js';
import { VERSION } from '../version.js';
import { addConfigExplain } from './commands/config-explain.js';
import { addConsumer } from './commands/consumer.js';
import { addExec } from './commands/exec.js';
import { addExplain } from './commands/explain.js';
import { addLease } from './commands/lease.js';
import { addMigrate } from './commands/migrate.js';
import { addRestoreArgs } from './commands/restore-args.js';
import { addRuns } from './commands/runs.js';
import { addServe } from './commands/serve.js';
import { addSteps } from './commands/steps.js';
import { addVerify } from './commands/verify.js';
import { addWait } from './commands/wait.js';
import { addWatch } from './commands/watch.js';
import { EXIT } from './exit-code.js';
import { failureOf } from './failure.js';
import { printErrorLine, printLine } from './output.js';

/** What the commands run on: the composition root, or a test's stand-in. */
export interface Composition {
  readonly startApp: StartApp;
  readonly migrateDatabase: MigrateDatabase;
  readonly clock: Clock;
  /** How long draining may take; ten seconds if left out. */
  readonly closeWithinMs?: number;
}

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

function createProgram({ migrateDatabase, clock, ...serving }: Composition): Command {
  const program = new Command('steplease')
    .description('Watch, wait for and lease JAX/Orbax checkpoints over HTTP and WebSocket.')
    .version(VERSION)
    // Options that stand behind the command of `exec` are its own.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => printLine(text.trimEnd()),
      writeErr: (text) => printErrorLine(text.trimEnd()),
    });
  addServe(program, serving);
  addMigrate(program, migrateDatabase);
  addConfigExplain(program);
  addRuns(program);
  addSteps(program);
  addWait(program, clock);
  addWatch(program, clock);
  addLease(program, clock);
  addRestoreArgs(program);
  addVerify(program);
  addConsumer(program, clock);
  addExplain(program);
  addExec(program, clock);
  return program;
}
