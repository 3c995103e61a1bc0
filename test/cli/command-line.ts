import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Child } from '../support/child.js';
import { MAIN } from '../support/server-child.js';

/** Runs the real program against a server. */
export function runCommand(
  test: TestContext,
  origin: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Child {
  return new Child(test, MAIN, args, { STEPLEASE_URL: origin, ...env });
}

const PATIENT = fileURLToPath(new URL('./patient-command.js', import.meta.url));

/** The words of a command that says "running" and ends with its standard input, or as `SIGNAL=STATUS` says. */
export function patient(...signals: readonly string[]): readonly string[] {
  return [process.execPath, PATIENT, ...signals];
}
