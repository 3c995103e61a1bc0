import type { FileSystem } from '../../engine/file-system.js';
import { DEFAULT_NAME_FORMAT, parseStepName } from '../../engine/steps/name-format.js';
import {
  describeNumberedFiles,
  describeSuggestion,
  suggestNameFormats,
} from '../../engine/steps/name-suggestion.js';
import { type Finding, warning } from './finding.js';

/** Whether a root has directories or files that look like steps and are none where nothing is set. */
export async function checkNames(
  files: FileSystem,
  directory: string,
  realPath: string,
): Promise<readonly Finding[]> {
  const listing = await files.list(realPath, null);
  if (listing.outcome !== 'listed') return [];
  const about = `${directory}: names`;
  const unread = listing.directories.filter((name) => parseStepName([DEFAULT_NAME_FORMAT], name) === null);
  const plain = describeNumberedFiles(listing.numberedFiles);
  return [
    ...suggestNameFormats(unread).map((suggestion) =>
      warning(about, `${describeSuggestion(suggestion)} (this run needs ${suggestion.settings})`),
    ),
    ...(plain === null ? [] : [warning(about, `${plain.detail}; ${plain.hint}`)]),
  ];
}
