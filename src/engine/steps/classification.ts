import { COMMIT_SUCCESS_FILE, type CommitMode, isTemporaryName, TEMPORARY_MARKER } from './commit-marker.js';
import { parseStepName, parseTemporaryStepName, type StepNameFormat } from './name-format.js';
import { namedEntry, type TrackedStep } from './tracked-step.js';

export interface NameRules {
  readonly formats: readonly StepNameFormat[];
  readonly commitMode: CommitMode;
  /** Entries of the root that are the service's own: never steps, never listed. */
  readonly ownDirectories: ReadonlySet<string>;
}

export interface RootEntries {
  readonly directories: readonly string[];
  readonly symbolicLinks: readonly string[];
  readonly others: readonly string[];
}

export interface Classification {
  /** Directories named like a finalized step, highest first: what is inside decides about them. */
  readonly candidates: readonly { readonly name: string; readonly step: number }[];
  /** Everything that its name or kind already decides. */
  readonly decided: readonly TrackedStep[];
}

/** Sorts the entries of a checkpoint root by what names and kinds say, without a look inside. */
export function classify(rules: NameRules, entries: RootEntries): Classification {
  const decided: TrackedStep[] = [];
  const named: { name: string; step: number; formatIndex: number }[] = [];
  for (const name of entries.directories) {
    if (rules.ownDirectories.has(name)) continue;
    if (isTemporaryName(name)) {
      decided.push(
        namedEntry(name, parseTemporaryStepName(rules.formats, name), 'temporary', temporaryReason(name)),
      );
      continue;
    }
    const parsed = parseStepName(rules.formats, name);
    if (parsed === null)
      decided.push(namedEntry(name, null, 'foreign', `its name is not ${describeFormats(rules.formats)}`));
    else named.push({ name, ...parsed });
  }
  for (const name of entries.symbolicLinks) {
    if (!rules.ownDirectories.has(name))
      decided.push(namedEntry(name, null, 'foreign', 'is a symbolic link: links are never followed'));
  }
  for (const name of entries.others)
    decided.push(namedEntry(name, null, 'foreign', 'is neither a directory nor a regular file'));
  return { candidates: unshadowed(named, decided), decided };
}

/** Orbax's composite format: of two names of one step the one in the earlier format wins. */
function unshadowed(
  named: { name: string; step: number; formatIndex: number }[],
  decided: TrackedStep[],
): { name: string; step: number }[] {
  named.sort((a, b) => b.step - a.step || a.formatIndex - b.formatIndex);
  const candidates: { name: string; step: number }[] = [];
  for (const { name, step } of named) {
    const winner = candidates.at(-1);
    if (winner?.step === step) decided.push(namedEntry(name, step, 'foreign', `shadowed by ${winner.name}`));
    else candidates.push({ name, step });
  }
  return candidates;
}

function temporaryReason(name: string): string {
  return name.endsWith(TEMPORARY_MARKER)
    ? `name ends in ${TEMPORARY_MARKER}`
    : `name contains ${TEMPORARY_MARKER}`;
}

function describeFormats(formats: readonly StepNameFormat[]): string {
  return formats
    .map(({ prefix, fixedLength }) => {
      const number = fixedLength === null ? 'N' : `N zero-padded to ${fixedLength} digits`;
      return prefix === null ? number : `${prefix}_${number}`;
    })
    .join(' or ');
}

export function describeCommitRule(mode: CommitMode): string {
  return mode === 'commit_file' ? `holds ${COMMIT_SUCCESS_FILE}` : 'was renamed to its final name';
}
