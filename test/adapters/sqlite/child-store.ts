import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Cleanup } from '../../support/temporary-directory.js';

const SCRIPT = fileURLToPath(new URL('./store-process.js', import.meta.url));

export interface ChildStore {
  readonly pid: number;
  /** The next line that it says; null at its end. */
  line(): Promise<string | null>;
  tell(line: string): void;
  /** SIGKILL; resolves to the lines that were not read yet when the process is gone. */
  kill(): Promise<readonly string[]>;
}

export function startChildStore(test: Cleanup, mode: string, file: string): ChildStore {
  const child = spawn(process.execPath, [SCRIPT, mode, file], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => {
    const next = await lines.next();
    return next.done === true ? null : next.value;
  };
  const kill = async () => {
    child.kill('SIGKILL');
    const rest: string[] = [];
    for (let next = await line(); next !== null; next = await line()) {
      rest.push(next);
    }
    await exit;
    return rest;
  };
  test.after(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  return {
    // Undefined only if the process could not be started, and then `line` rejects before anybody needs it.
    pid: child.pid ?? -1,
    line,
    tell: (text) => child.stdin.write(`${text}\n`),
    kill,
  };
}
