import { CommanderError } from 'commander';
import { ConfigError } from '../config/config-error.js';
import { StartupError } from '../startup-error.js';
import { ForeignAnswerError, ProblemError, UnreachableError } from './client/problem.js';
import { EXIT, ExitError } from './exit-code.js';
import { hintFor } from './hint.js';
import { printable } from './terminal/printable.js';
import { UsageError } from './usage-error.js';

/** How an error that a command ends with is told, and with which exit code. */
export interface Failure {
  readonly exitCode: number;
  readonly lines: readonly string[];
}

export function failureOf(error: unknown): Failure {
  // Commander printed a help text: it was asked for, or a verb is missing. --version ends this way, too.
  if (error instanceof CommanderError)
    return { exitCode: error.exitCode === 0 ? EXIT.ok : EXIT.usage, lines: [] };
  if (error instanceof UsageError) {
    const lines = [`steplease: ${error.message}`, `  hint: ${error.hint}`];
    return { exitCode: EXIT.usage, lines: lines.map(printable) };
  }
  if (error instanceof ExitError) return told(error.exitCode, error.message);
  if (error instanceof ConfigError || error instanceof StartupError) return told(EXIT.usage, error.message);
  if (error instanceof ProblemError) return refusal(error);
  if (error instanceof UnreachableError || error instanceof ForeignAnswerError)
    return told(EXIT.unreachable, error.message);
  return { exitCode: EXIT.failure, lines: [`steplease: ${describe(error)}`] };
}

function told(exitCode: number, message: string): Failure {
  return { exitCode, lines: message === '' ? [] : [`steplease: ${printable(message)}`] };
}

function refusal({ message, hint: served, code, requestId, status, tokenOrigin }: ProblemError): Failure {
  const lines = [`steplease: ${message}`];
  const hint = hintFor(code, served);
  if (hint !== null) lines.push(`  hint: ${hint}`);
  const isDenied = status === 401 || code === 'forbidden';
  if (isDenied)
    lines.push(
      tokenOrigin === null ? '  token: none was sent' : `  token: the one of ${tokenOrigin} was sent`,
    );
  lines.push(`  code: ${code}${requestId === null ? '' : ` (request ${requestId})`}`);
  return { exitCode: isDenied ? EXIT.notPermitted : EXIT.failure, lines: lines.map(printable) };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
