import type { Listing } from '../file-system.js';
import { runState } from '../runs/run-state.js';
import type { WatchedRun } from '../runs/watched-run.js';
import type { Findings } from '../steps/findings.js';
import type { DirectoryWatch, DirectoryWatchPorts } from './directory-watch.js';
import type { ReadableListing } from './scanner.js';

export interface RunDirectoryPorts extends DirectoryWatchPorts {
  /** Why a real path may not be watched; null when it may. */
  readonly refusal: (realPath: string) => string | null;
}

/** Whether the run's directory is there, may be watched, and is the one that it was. */
export class RunDirectory {
  readonly #run: WatchedRun;
  readonly #ports: RunDirectoryPorts;
  readonly #watch: DirectoryWatch;
  #identity: string | null = null;

  constructor(run: WatchedRun, ports: RunDirectoryPorts, watch: DirectoryWatch) {
    this.#run = run;
    this.#ports = ports;
    this.#watch = watch;
  }

  /** Takes over how the directory is. Null: there is nothing to look at. */
  async admit(
    listing: Listing,
    report: (findings: Findings) => Promise<void>,
  ): Promise<ReadableListing | null> {
    if (listing.outcome === 'absent' && listing.errno !== 'ENOTDIR') {
      await this.#lose(report);
      await this.#become('waiting_for_directory', 'the directory does not exist');
      return null;
    }
    if (listing.outcome === 'absent' || listing.outcome === 'unavailable') {
      this.#watch.disarm();
      const detail = listing.outcome === 'absent' ? 'it is not a directory' : listing.detail;
      await this.#become('unavailable', detail);
      return null;
    }
    const refusal = this.#ports.refusal(listing.realPath);
    if (refusal !== null) {
      this.#watch.disarm();
      await this.#become('unavailable', refusal);
      return null;
    }
    if (listing.outcome === 'listed') this.#run.numberedFiles = listing.numberedFiles;
    if (listing.outcome === 'listed' && listing.identity !== this.#identity) await this.#settleIn(listing);
    await this.#become('available', null);
    return listing;
  }

  async #settleIn(listing: Extract<Listing, { outcome: 'listed' }>): Promise<void> {
    const { record } = this.#run;
    const located = await this.#ports.files.locate(record.directory);
    const moved = this.#identity !== null;
    this.#watch.disarm();
    this.#identity = listing.identity;
    this.#run.realPath = listing.realPath;
    this.#run.commitMode =
      record.options.commitMode === 'auto'
        ? located.gcsfuse
          ? 'commit_file'
          : 'atomic_rename'
        : record.options.commitMode;
    const { watch } = record.options;
    const mode = watch === 'auto' ? (located.medium === 'network' ? 'poll' : 'events') : watch;
    this.#run.watch = { ...this.#run.watch, mode };
    if (moved)
      await this.#run.tell('run.directory_changed', {
        directory: record.directory,
        reason: 'another directory has its place',
      });
  }

  /** Everything is gone with the directory. */
  async #lose(report: (findings: Findings) => Promise<void>): Promise<void> {
    this.#watch.disarm();
    this.#run.numberedFiles = [];
    const names = [...this.#run.index.all()].map(({ entry }) => entry.name);
    for (let start = 0; start < names.length; start += 200) {
      await report(new Map(names.slice(start, start + 200).map((name) => [name, null])));
    }
  }

  async #become(
    availability: 'available' | 'unavailable' | 'waiting_for_directory',
    reason: string | null,
  ): Promise<void> {
    const { availability: before, finished } = this.#run;
    await this.#run.setAvailability(availability, reason, () => ({
      directory: this.#run.record.directory,
      state: availability,
    }));
    if (before !== availability)
      this.#ports.observer.runStateChanged({
        run: this.#run.name,
        directory: this.#run.record.directory,
        from: runState(before, finished),
        to: runState(availability, finished) ?? 'unavailable',
        reason,
      });
  }
}
