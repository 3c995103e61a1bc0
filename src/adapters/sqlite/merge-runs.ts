import { setImmediate } from 'node:timers/promises';

/** SQLite hands a row on through every range that stands before its own, and takes 500 at most. */
const RANGES_AT_ONCE = 256;
/** Stands where a statement has room for more runs than there are: no run has this name. */
const NO_RUN = '';

export type RunArgument = `run${number}`;

/**
 * Reads the first rows, in order, of many runs. Each run has ranges of an index to itself, and a statement merges those of some runs;
 * between two statements the event loop has its turn. All of one run is of one moment.
 *
 * @param runs null: all, which one statement reads without a look at the run.
 * @param rangesPerRun such as one for each type that is asked for.
 * @param read the first `limit` rows of some runs, in order.
 */
export async function mergeRuns<R>(
  runs: readonly string[] | null,
  rangesPerRun: number,
  limit: number,
  read: (some: readonly string[] | null) => Promise<readonly R[]>,
  order: (a: R, b: R) => number,
): Promise<readonly R[]> {
  if (runs === null) {
    return read(null);
  }
  const runsAtOnce = 2 ** Math.floor(Math.log2(Math.max(RANGES_AT_ONCE / rangesPerRun, 1)));
  let merged: readonly R[] = [];
  for (let from = 0; from < runs.length; from += runsAtOnce) {
    if (from > 0) {
      await setImmediate();
    }
    const rows = await read(roomFor(runs.slice(from, from + runsAtOnce)));
    merged = from === 0 ? rows : [...merged, ...rows].sort(order).slice(0, limit);
  }
  return merged;
}

/** Fills up to 1, 2, 4, 8, … names, so that there are few statements, however many runs are asked for. */
export function roomFor(runs: readonly string[]): readonly string[] {
  const size = 2 ** Math.ceil(Math.log2(Math.max(runs.length, 1)));
  return [...runs, ...Array.from({ length: size - runs.length }, () => NO_RUN)];
}

/** The names as the arguments `run0`, `run1`, … */
export function runArguments(runs: readonly string[] | null): Readonly<Record<RunArgument, string>> {
  return Object.fromEntries((runs ?? []).map((run, index) => [`run${index}`, run]));
}

/** The indexes of that many arguments, each of which gives a range. A count of 0 asks for everything: a single range, without an argument. */
export function argumentIndexes(count = 0): readonly (number | null)[] {
  return count === 0 ? [null] : [...Array(count).keys()];
}
