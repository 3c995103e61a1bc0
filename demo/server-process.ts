import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../src/steplease.js', import.meta.url));

export interface ServerProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** Asks it to stop, and resolves when it has. */
  stop(): Promise<void>;
}

/** Starts `steplease serve` as a user would, on a free port, and waits for the line that says where it listens. */
export async function startServer(root: string, database: string): Promise<ServerProcess> {
  const child = spawn(
    process.execPath,
    [MAIN, 'serve', root, '--port', '0', '--db', database, '--log-level', 'warn'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([
    once(lines, 'line'),
    exited.then(() => ['the server exited before it listened']),
  ]);
  const url = /http:\/\/\S+/.exec(String(first[0]))?.[0];
  if (url === undefined) throw new Error(String(first[0]));
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
  };
  return { url, child, stop };
}
