import { type CommitMode, isTemporaryName, TEMPORARY_MARKER } from './commit-marker.js';
import {
  isNumberTooLarge,
  parseStepName,
  parseTemporaryStepName,
  type StepNameFormat,
} from './name-format.js';
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

/** A directory that is named like a finalized step: what is inside decides about it. */
export interface Candidate {
  readonly name: string;
  readonly step: number;
  /** Names of the same step in earlier formats, the earliest first: the first finalized one of them all counts. */
  readonly earlier: readonly string[];
}

export interface Classification {
  /** Highest first; of one step in the order of the formats. */
  readonly candidates: readonly Candidate[];
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
    if (parsed === null) decided.push(namedEntry(name, null, 'foreign', nameReason(rules.formats, name)));
    else named.push({ name, ...parsed });
  }
  for (const name of entries.symbolicLinks) {
    if (!rules.ownDirectories.has(name))
      decided.push(namedEntry(name, null, 'foreign', 'is a symbolic link: links are never followed'));
  }
  for (const name of entries.others)
    decided.push(namedEntry(name, null, 'foreign', 'is neither a directory nor a regular file'));
  return { candidates: inOrder(named), decided };
}

function inOrder(named: { name: string; step: number; formatIndex: number }[]): readonly Candidate[] {
  named.sort((a, b) => b.step - a.step || a.formatIndex - b.formatIndex);
  const candidates: Candidate[] = [];
  for (const { name, step } of named) {
    const before = candidates.at(-1);
    const earlier = before?.step === step ? [...before.earlier, before.name] : [];
    candidates.push({ name, step, earlier });
  }
  return candidates;
}

function temporaryReason(name: string): string {
  return name.endsWith(TEMPORARY_MARKER)
    ? `name ends in ${TEMPORARY_MARKER}`
    : `name contains ${TEMPORARY_MARKER}`;
}

function nameReason(formats: readonly StepNameFormat[], name: string): string {
  return isNumberTooLarge(formats, name)
    ? `its number is greater than ${Number.MAX_SAFE_INTEGER}, the largest step number`
    : `its name is not ${describeFormats(formats)}`;
}

function describeFormats(formats: readonly StepNameFormat[]): string {
  return formats
    .map(({ prefix, separator, fixedLength }) => {
      const number = fixedLength === null ? 'N' : `N zero-padded to ${fixedLength} digits`;
      return prefix === null ? number : `${prefix}${separator}${number}`;
    })
    .join(' or ');
}
