import { lstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Returns once the kernel's clock for file times has moved on from the path's last change: at most a few milliseconds. */
export function passTick(path: string, scratchDirectory: string): void {
  const last = lstatSync(path, { bigint: true }).ctimeNs;
  const scratch = join(scratchDirectory, 'tick');
  do writeFileSync(scratch, 'x');
  while (lstatSync(scratch, { bigint: true }).ctimeNs <= last);
}
