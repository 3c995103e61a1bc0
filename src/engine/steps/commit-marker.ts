/**
 * How Orbax marks a step as complete (`_src/path/atomicity.py`, `atomicity_types.py`, `temporary_paths.py`).
 *
 * - `atomic_rename`: the step is written under `<final name>.orbax-checkpoint-tmp` and renamed when complete. Only the name
 *   counts. Orbax writes `commit_success.txt` here too, just before the rename, and items inside a step are
 *   renamed the same way; neither is evidence in this mode.
 * - `commit_file`: the step is written under its final name and `commit_success.txt` is created last. Only the file
 *   counts: to Orbax a directory that holds it is finalized whatever its name, one with the temporary marker included.
 */
export type CommitMode = 'atomic_rename' | 'commit_file';

/** Orbax's TMP_DIR_SUFFIX. Older versions put a timestamp behind it: it is looked for anywhere in a name, as Orbax does. */
export const TEMPORARY_MARKER = '.orbax-checkpoint-tmp';

/** Orbax's COMMIT_SUCCESS_FILE. */
export const COMMIT_SUCCESS_FILE = 'commit_success.txt';

/** Linux allows no longer name of a directory entry. */
const MAX_NAME_BYTES = 255;

/** The rule that the name of a marker breaks, as a sentence that names the option; null when it is valid. */
export function commitMarkerProblem(name: string): string | null {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name))
    return 'commit_marker must be the plain name of a file inside the step, such as "commit_success.txt"';
  if (/\p{Surrogate}/u.test(name)) return 'commit_marker must be well-formed Unicode';
  if (new TextEncoder().encode(name).length > MAX_NAME_BYTES)
    return `commit_marker must be at most ${MAX_NAME_BYTES} bytes of UTF-8`;
  return null;
}

/** True for the names that `atomic_rename` never counts as finalized. */
export function isTemporaryName(name: string): boolean {
  return name.includes(TEMPORARY_MARKER);
}

/** The name that a temporary directory will be renamed to; null for any other name. */
export function finalNameOf(name: string): string | null {
  // Orbax cuts at the first marker (_get_final_directory), so a doubled one loses all of its tail.
  const marker = name.indexOf(TEMPORARY_MARKER);
  return marker === -1 ? null : name.slice(0, marker);
}
