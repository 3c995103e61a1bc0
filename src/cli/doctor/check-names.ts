import type { FileSystem } from '../../engine/file-system.js';
import { DEFAULT_NAME_FORMAT, parseStepName } from '../../engine/steps/name-format.js';
import { describeSuggestion, suggestNameFormat } from '../../engine/steps/name-suggestion.js';
import { type Finding, warning } from './finding.js';

/** Whether a root's directories are called like steps, where nothing is set; nothing to say where one is. */
export async function checkNames(
  files: FileSystem,
  directory: string,
  realPath: string,
): Promise<readonly Finding[]> {
  const listing = await files.list(realPath, null);
  const names = listing.outcome === 'listed' ? listing.directories : [];
  if (names.some((name) => parseStepName([DEFAULT_NAME_FORMAT], name) !== null)) return [];
  const suggestion = suggestNameFormat(names);
  if (suggestion === null) return [];
  return [
    warning(`${directory}: names`, `${describeSuggestion(suggestion)} (${suggestion.settings}) for this run`),
  ];
}
