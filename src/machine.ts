import { kernelSetting } from './adapters/filesystem/kernel-setting.js';
import { openFileSystem } from './adapters/filesystem/node-file-system.js';
import { systemClock } from './adapters/system-clock.js';
import type { Machine } from './cli/doctor/machine.js';

/** The machine as `steplease doctor` looks at it: through the adapters that a server would use. */
export const machine: Machine = {
  openFiles: () => openFileSystem({ clock: systemClock }),
  // On demand: what cannot be loaded is a finding, and not the end of the program.
  sqlite: async () => (await import('./adapters/sqlite/library.js')).sqliteLibrary(),
  kernelSetting,
};
