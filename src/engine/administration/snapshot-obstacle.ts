import type { RunWarning } from '../documents.js';
import type { SnapshotFiles } from '../file-system.js';
import type { WatchedRun } from '../runs/watched-run.js';
import { adoptionHint } from '../snapshots/snapshot-failure.js';
import { snapshotDirectoryOf } from '../snapshots/snapshot-paths.js';

/** What would make a grant of a run fail, found before anyone asks for one; null: nothing that is known. */
export async function findSnapshotObstacle(
  files: SnapshotFiles,
  run: WatchedRun,
  owner: string,
): Promise<RunWarning | null> {
  if (run.record.options.snapshotMode === 'none' || run.availability !== 'available') return null;
  const directory = snapshotDirectoryOf(run.record);
  try {
    const marked = await files.owner(directory);
    return marked === null || marked === owner
      ? await linkObstacle(files, run, directory)
      : inUse(run, directory);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return {
      code: 'snapshot_dir_unreadable',
      detail: `${directory} cannot be used for snapshots: ${detail}`,
      hint: 'mend what the detail names, or set snapshot_dir',
    };
  }
}

function inUse({ record }: WatchedRun, directory: string): RunWarning {
  return {
    code: 'snapshot_dir_in_use',
    detail: `${directory} belongs to another steplease server: no lease can be granted here`,
    hint: `use that server, or set snapshot_dir; ${adoptionHint(record.directory)}`,
  };
}

async function linkObstacle(
  files: SnapshotFiles,
  run: WatchedRun,
  directory: string,
): Promise<RunWarning | null> {
  const sample = run.index.highest();
  if (run.record.options.snapshotMode !== 'hardlink' || sample?.inventory == null) return null;
  const source = `${run.realPath}/${sample.entry.name}`;
  const obstacle = await files.linkability(source, sample.inventory, directory);
  if (obstacle === null) return null;
  return {
    code: 'hard_links_not_permitted',
    detail: `hard links are not permitted: ${obstacle.detail} (${obstacle.errno})`,
    hint: "run the server as the trainer's user, let the trainer write group-writable files (umask 002), or set snapshot_mode",
  };
}
