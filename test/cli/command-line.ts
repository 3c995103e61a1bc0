import type { TestContext } from 'node:test';
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
