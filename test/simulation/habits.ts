import type { RunOptions } from '../../src/engine/runs/run-options.js';
import type { Chance } from './chance.js';

/** What is drawn once for a whole history: the machine, the run's options, and how bad things get. */
export interface Habits {
  /** A network filesystem, which gives no hints. */
  readonly isNetwork: boolean;
  readonly tickMs: number;
  readonly keepsBirthTimes: boolean;
  readonly lostHintsPercent: number;
  readonly refusedWatchesPercent: number;
  /** How many calls of the service are preceded by one of somebody else. */
  readonly interleavingPercent: number;
  /** How many promises of the machine take long. */
  readonly slowPercent: number;
  readonly options: Partial<RunOptions> & Pick<RunOptions, 'settleMs' | 'pollIntervalMs'>;
}

export function drawHabits(chance: Chance): Habits {
  const isOrbax = chance.percent(20);
  return {
    isNetwork: chance.percent(20),
    tickMs: chance.pick([1, 4, 10]),
    keepsBirthTimes: chance.percent(80),
    lostHintsPercent: chance.pick([0, 0, 5, 50, 100]),
    refusedWatchesPercent: chance.pick([0, 0, 50]),
    interleavingPercent: chance.pick([1, 5, 20]),
    slowPercent: chance.pick([0, 2, 10]),
    options: {
      settleMs: chance.pick([10, 500, 5_000]),
      pollIntervalMs: chance.pick([100, 1_000, 1_000, 5_000]),
      watch: chance.pick(['auto', 'auto', 'poll']),
      snapshotMode: chance.pick(['hardlink', 'hardlink', 'hardlink', 'copy', 'reflink']),
      snapshotLayout: isOrbax ? 'orbax' : 'generation',
      immutable: chance.percent(20),
    },
  };
}
