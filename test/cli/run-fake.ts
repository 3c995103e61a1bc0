import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Child } from '../support/child.js';

const PROGRAM = fileURLToPath(new URL('fake-program.js', import.meta.url));

/** Starts the command line on the stand-in service. */
export function runFake(test: TestContext, args: readonly string[], trouble = ''): Child {
  return new Child(test, PROGRAM, args, { STEPLEASE_TEST_APP: trouble });
}
