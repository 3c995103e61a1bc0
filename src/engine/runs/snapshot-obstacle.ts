import type { RunWarning } from '../documents.js';
import type { SnapshotFiles } from '../file-system.js';
import { snapshotDirectoryOf } from '../snapshots/snapshot-paths.js';
import type { WatchedRun } from './watched-run.js';

/** What would make a grant fail, found before anyone asks for one. */
export async function findSnapshotObstacle(
  run: WatchedRun,
  snapshots: SnapshotFiles,
  self: string,
): Promise<RunWarning | null> {
  if (run.record.options.snapshotMode === 'none' || run.availability !== 'available') return null;
  const directory = snapshotDirectoryOf(run.record);
  try {
    return await obstacleIn(directory, run, snapshots, self);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      code: 'snapshot_dir_unusable',
      detail: `${directory} cannot be used for snapshots: ${why}`,
      hint: 'move away what is there, or set snapshot_dir',
    };
  }
}

async function obstacleIn(
  directory: string,
  run: WatchedRun,
  snapshots: SnapshotFiles,
  self: string,
): Promise<RunWarning | null> {
  const owner = await snapshots.owner(directory);
  if (owner !== null && owner !== self) {
    return {
      code: 'snapshot_dir_in_use',
      detail: `${directory} belongs to another steplease server: no lease can be granted here`,
      hint: 'use that server, or set snapshot_dir',
    };
  }
  const sample = run.index.highest();
  if (run.record.options.snapshotMode !== 'hardlink' || sample?.inventory == null) return null;
  const step = `${run.realPath}/${sample.entry.name}`;
  const obstacle = await snapshots.linkability(step, sample.inventory, directory);
  if (obstacle === null) return null;
  return {
    code: 'hard_links_not_permitted',
    detail: `hard links are not permitted: ${obstacle.detail} (${obstacle.errno})`,
    hint: "run the server as the trainer's user, let the trainer write group-writable files (umask 002), or set snapshot_mode",
  };
}
