import { setImmediate } from 'node:timers/promises';

/** Far above what anything takes that a test waits for, on a loaded machine with a slow disk too. */
const WITHIN_MS = 60_000;

/** Looks again and again until it is so; false: it never was. For what nobody tells, such as what is on the disk. */
export async function eventually(isSo: () => boolean | Promise<boolean>): Promise<boolean> {
  const untilMs = performance.now() + WITHIN_MS;
  while (!(await isSo())) {
    if (performance.now() > untilMs) return false;
    await setImmediate();
  }
  return true;
}
