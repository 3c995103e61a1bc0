export interface PruneLimits {
  readonly before: number;
  readonly keep: number;
  readonly atMost: number;
}

/** How many entries go from the beginning of a log, whose times are given: a young one protects all that stand behind it. */
export function cutOff(times: readonly number[], { before, keep, atMost }: PruneLimits): number {
  const stays = times.findIndex((time, index) => times.length - index <= keep && time >= before);
  return Math.min(atMost, stays === -1 ? times.length : stays);
}
