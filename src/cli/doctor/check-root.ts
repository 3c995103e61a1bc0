import type { FileSystem, Located } from '../../engine/file-system.js';
import { COMMIT_SUCCESS_FILE } from '../../engine/steps/commit-marker.js';
import { checkNames } from './check-names.js';
import { bad, type Finding, good, warning } from './finding.js';

/** Entries that are looked at to find one with a file that could be linked. */
const LOOKED_AT = 8;

/** How a checkpoint root would be watched, and whether its steps could be kept by hard links. */
export async function checkRoot(files: FileSystem, directory: string): Promise<readonly Finding[]> {
  const place = await files.locate(directory);
  if (place.realPath === null)
    return [warning(directory, `not there (${place.errno}): a run waits until it is`)];
  const names = await checkNames(files, directory, place.realPath);
  return [checkWatch(directory, place), ...names, await checkLinks(files, directory, place.realPath)];
}

function checkWatch(directory: string, { medium, filesystem, gcsfuse }: Located): Finding {
  if (medium === 'local') return good(directory, `on ${filesystem}, a local filesystem: watched by events`);
  const marks = gcsfuse ? '; steps count once commit_success.txt is there' : '';
  return good(
    directory,
    `on ${filesystem}: polled, since it tells nothing of what other machines do${marks}`,
  );
}

async function checkLinks(files: FileSystem, directory: string, realPath: string): Promise<Finding> {
  const about = `${directory}: hard links`;
  const listing = await files.list(realPath, null);
  if (listing.outcome === 'absent' || listing.outcome === 'unavailable')
    return bad(about, `the directory cannot be read (${listing.errno}): give this user the right`);
  const names = listing.outcome === 'listed' ? listing.directories.slice(0, LOOKED_AT) : [];
  const requests = names.map((name) => ({
    name,
    depth: 'inventory' as const,
    known: null,
    commitMarker: COMMIT_SUCCESS_FILE,
  }));
  for (const inspection of await files.inspect(realPath, requests)) {
    if (inspection.outcome !== 'present' || !inspection.content?.inventory) continue;
    const { inventory } = inspection.content;
    const obstacle = await files.snapshots.linkability(
      `${realPath}/${inspection.name}`,
      inventory,
      `${realPath}/_STEPLEASE`,
    );
    return obstacle === null
      ? good(about, `possible (looked at the step in ${inspection.name})`)
      : bad(about, `${obstacle.detail} Or use snapshot_mode "copy".`);
  }
  return warning(about, 'no step is there yet to try it on');
}
