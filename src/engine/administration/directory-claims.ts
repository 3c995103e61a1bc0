import type { RunGlobs } from '../access/run-globs.js';
import { EngineError } from '../errors.js';
import { snapshotDirectoryOf } from '../snapshots/snapshot-paths.js';
import type { LiveRun, RunRegistry } from '../watch/run-registry.js';
import { type AllowedDirectories, isUnder, notAllowed } from './allowed-directories.js';

/**
 * Which directory a run may have: an allowed one that is no other run's. To a caller who does not see all runs, whatever belongs to a
 * hidden one is as forbidden as a directory that the server may not use: inside it, the hidden run's steps could be read, and above it,
 * its name.
 */
export class DirectoryClaims {
  readonly #allowed: AllowedDirectories;
  readonly #registry: RunRegistry;

  constructor(allowed: AllowedDirectories, registry: RunRegistry) {
    this.#allowed = allowed;
    this.#registry = registry;
  }

  /** Checks the directory that a run asks for, and gives its real path as far as it exists. */
  async directory(name: string, directory: string, sight: RunGlobs): Promise<string> {
    const realPath = await this.#allowed.check('directory', directory, sight);
    const isNew = this.#registry.find(name)?.run.record.directory !== directory;
    if (isNew) await this.#keepOff('directory', directory, realPath, sight);
    for (const { run } of this.#registry.all()) {
      // Where its directory was when it was registered, and where it is now.
      const taken = [run.record.directory, run.record.realPath, run.realPath];
      if (run.name === name || !(taken.includes(directory) || taken.includes(realPath))) continue;
      if (!sight.sees(run.name)) throw notAllowed('directory', directory, realPath, sight);
      throw new EngineError('directory_taken', `${directory} is the directory of run "${run.name}" already`, {
        hint: `use run "${run.name}", or remove it first`,
        fields: { run: run.name },
      });
    }
    return realPath;
  }

  async snapshotDirectory(
    name: string,
    directory: string,
    runRealPath: string,
    sight: RunGlobs,
  ): Promise<void> {
    const realPath = await this.#allowed.check('snapshot_dir', directory, sight, runRealPath);
    if (realPath === runRealPath) {
      throw new EngineError(
        'invalid_request',
        `"snapshot_dir" is "${directory}": it must be another directory than the run's own`,
        { hint: "leave it out for one inside the run's directory" },
      );
    }
    const isNew = this.#registry.find(name)?.run.record.options.snapshotDirectory !== directory;
    if (isNew) await this.#keepOff('snapshot_dir', directory, realPath, sight);
    for (const live of this.#registry.all()) {
      const { run } = live;
      if (run.name === name) continue;
      if (realPath !== (await this.#snapshotDirectoryOf(live)) && realPath !== run.realPath) continue;
      if (!sight.sees(run.name)) throw notAllowed('snapshot_dir', directory, realPath, sight);
      throw new EngineError(
        'snapshot_dir_in_use',
        `"snapshot_dir" is "${directory}": run "${run.name}" uses it already`,
        { hint: 'give each run a snapshot_dir of its own' },
      );
    }
  }

  /**
   * Why a run may not be watched where it is now: links can be turned elsewhere long after the registration. Null when it may. The reason
   * is shown to all who see this run, and need not see the other one.
   */
  refusal(name: string, realPath: string): string | null {
    const isTaken = this.#registry.all().some(({ run }) => run.name !== name && run.realPath === realPath);
    const taken = isTaken ? 'its directory has become that of another run' : null;
    return this.#allowed.refusal(realPath) ?? taken;
  }

  /** @throws EngineError when a directory lies in one of a run that the caller does not see, or around it. */
  async #keepOff(field: string, directory: string, realPath: string, sight: RunGlobs): Promise<void> {
    if (sight.isEverything) return;
    for (const live of this.#registry.all()) {
      const { run } = live;
      if (sight.sees(run.name)) continue;
      const theirs = [run.record.directory, run.record.realPath, run.realPath];
      for (const path of [...theirs, await this.#snapshotDirectoryOf(live)])
        if (isUnder(path, realPath) || isUnder(realPath, path))
          throw notAllowed(field, directory, realPath, sight);
    }
  }

  #snapshotDirectoryOf({ run }: LiveRun): Promise<string> {
    return this.#allowed.realPath(snapshotDirectoryOf(run.record));
  }
}
