import { Command, CommanderError } from 'commander';
import { ConfigError } from '../config/config-error.js';
import type { MigrateDatabase, StartApp } from '../server.js';
import { StartupError } from '../startup-error.js';
import { VERSION } from '../version.js';
import { addConfigExplain } from './config-explain.js';
import { addMigrate } from './migrate.js';
import { printErrorLine, printLine } from './output.js';
import { addServe } from './serve.js';

/** Bad arguments, a bad configuration, or surroundings in which the server cannot start. */
const EXIT_USAGE = 2;
const EXIT_FAILURE = 1;

/** What the commands run on: the composition root, or a test's stand-in. */
export interface Composition {
  readonly startApp: StartApp;
  readonly migrateDatabase: MigrateDatabase;
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
    return 0;
  } catch (error) {
    return exitCodeOf(error);
  }
}

function createProgram({ migrateDatabase, ...serving }: Composition): Command {
  const program = new Command('steplease')
    .description('Watch, wait for and lease JAX/Orbax checkpoints over HTTP and WebSocket.')
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => printLine(text.trimEnd()),
      writeErr: (text) => printErrorLine(text.trimEnd()),
    });
  addServe(program, serving);
  addMigrate(program, migrateDatabase);
  addConfigExplain(program);
  return program;
}

function exitCodeOf(error: unknown): number {
  // Commander printed its message already; --help and --version end this way too, with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  const expected = error instanceof ConfigError || error instanceof StartupError;
  printErrorLine(`steplease: ${expected ? error.message : describe(error)}`);
  return expected ? EXIT_USAGE : EXIT_FAILURE;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
