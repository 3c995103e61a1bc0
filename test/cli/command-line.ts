import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
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

/** Where nobody listens. */
export async function deadOrigin(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on a port has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

const PATIENT = fileURLToPath(new URL('./patient-command.js', import.meta.url));

/** The words of a command that says "running" and ends with its standard input, or as `SIGNAL=STATUS` says. */
export function patient(...signals: readonly string[]): readonly string[] {
  return [process.execPath, PATIENT, ...signals];
}
