/** RFC 3339 in UTC with milliseconds. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** Seconds with millisecond precision. */
export function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}

/** Milliseconds since the epoch of a decimal count of nanoseconds; null stays null. */
export function millisecondsOf(ns: string | null): number | null {
  return ns === null ? null : Number(BigInt(ns) / 1_000_000n);
}
