import type { Inventory } from '../../engine/inspection.js';
import { isPayload } from '../../engine/steps/payload.js';
import { decodeDirectories, decodeFiles } from './inventory-codec.js';
import { at, below, fileStart } from './tree.js';

/**
 * The first file of an earlier inventory's payload that a later one does not have under its name; null: it has them all. Files of items that the
 * later payload does not name any more do not count: they were meant to go.
 */
export function findLost(earlier: Inventory, later: Inventory): string | null {
  const present = new Set(payloadFiles(later));
  for (const path of payloadFiles(earlier))
    if (!present.has(path) && isPayload(later.payload, path) && !present.has(receivedAs(path))) return path;
  return null;
}

/** rsync writes a file as `.NAME.XXXXXX` beside its place: once NAME is there, nothing was lost. Any other path stays as it is. */
function receivedAs(path: string): string {
  return path.replace(/(^|\/)\.([^/]+)\.[A-Za-z0-9]{6}$/, '$1$2');
}

function* payloadFiles(inventory: Inventory): Iterable<string> {
  const directories = decodeDirectories(inventory);
  const files = decodeFiles(inventory);
  for (let row = 0; row < directories.path.length; row++) {
    for (let file = fileStart(directories, row); file < at(directories.fileEnd, row); file++) {
      const path = below(at(directories.path, row), at(files.name, file));
      if (isPayload(inventory.payload, path)) yield path;
    }
  }
}
