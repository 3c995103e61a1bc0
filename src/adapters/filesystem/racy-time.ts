import type { BigIntStats } from 'node:fs';

/** More than the tick of any kernel's coarse clock, 10 ms at most, and than small steps of the wall clock. */
const RACY_NS = 100_000_000n;

/**
 * Whether a directory's times, read after the moment `now`, would show any later change. Kernels stamp with a coarse clock: what
 * changed just before it was looked at may change again without its times telling (git has the same rule for its index).
 */
export function isSettled({ mtimeNs, ctimeNs }: BigIntStats, now: bigint): boolean {
  return mtimeNs + RACY_NS <= now && ctimeNs + RACY_NS <= now;
}
