import { EngineError } from '../errors.js';
import { snapshotDirectoryOf } from '../snapshots/snapshot-paths.js';
import type { RunRegistry } from '../watch/run-registry.js';
import type { AllowedDirectories } from './allowed-directories.js';

/** Which directory a run may have: an allowed one that is no other run's. */
export class DirectoryClaims {
  readonly #allowed: AllowedDirectories;
  readonly #registry: RunRegistry;

  constructor(allowed: AllowedDirectories, registry: RunRegistry) {
    this.#allowed = allowed;
    this.#registry = registry;
  }

  /** Checks the directory that a run asks for, and gives its real path as far as it exists. */
  async directory(name: string, directory: string): Promise<string> {
    const realPath = await this.#allowed.check('directory', directory);
    for (const { run } of this.#registry.all()) {
      // Where its directory was when it was registered, and where it is now.
      const taken = [run.record.directory, run.record.realPath, run.realPath];
      if (run.name === name || !(taken.includes(directory) || taken.includes(realPath))) continue;
      throw new EngineError('directory_taken', `${directory} is the directory of run "${run.name}" already`, {
        hint: `use run "${run.name}", or remove it first`,
        fields: { run: run.name },
      });
    }
    return realPath;
  }

  async snapshotDirectory(name: string, directory: string, runRealPath: string): Promise<void> {
    const realPath = await this.#allowed.check('snapshot_dir', directory, runRealPath);
    if (realPath === runRealPath) {
      throw new EngineError(
        'invalid_request',
        `"snapshot_dir" is "${directory}": it must be another directory than the run's own`,
        { hint: "leave it out for one inside the run's directory" },
      );
    }
    for (const { run } of this.#registry.all()) {
      if (run.name === name) continue;
      const theirs = await this.#allowed.realPath(snapshotDirectoryOf(run.record));
      if (realPath !== theirs && realPath !== run.realPath) continue;
      throw new EngineError(
        'snapshot_dir_in_use',
        `"snapshot_dir" is "${directory}": run "${run.name}" uses it already`,
        { hint: 'give each run a snapshot_dir of its own' },
      );
    }
  }

  /** Why a run may not be watched where it is now: links can be turned elsewhere long after the registration. Null when it may. */
  refusal(name: string, realPath: string): string | null {
    const owner = this.#registry.all().find(({ run }) => run.name !== name && run.realPath === realPath);
    const taken =
      owner === undefined ? null : `its real path ${realPath} is the directory of run "${owner.run.name}"`;
    return this.#allowed.refusal(realPath) ?? taken;
  }
}
