import { spawnSync } from 'node:child_process';

export interface CheckResult {
  readonly status: number | null;
  readonly output: string;
}

/** @param folder where it runs; this process's if left out. */
export function run(program: string, args: readonly string[], folder = process.cwd()): CheckResult {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', cwd: folder });
  return { status, output: `${stdout}${stderr}` };
}
