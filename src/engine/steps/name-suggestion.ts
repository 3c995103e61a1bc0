import { NUMBERED_FILES_LISTED } from '../file-system.js';
import {
  DEFAULT_NAME_FORMAT,
  nameFormatProblem,
  parseStepName,
  type StepNameFormat,
  type StepSeparator,
} from './name-format.js';

/** A name format that directories seem to have, for a warning "{count} directories look like {example}: set {option}". */
export interface NameSuggestion {
  readonly count: number;
  readonly example: string;
  readonly option: string;
  /** The same with the values to set, such as `step_prefix "step" and step_separator "-"`. */
  readonly settings: string;
  readonly format: StepNameFormat;
}

/** What stands before the number in several names. */
type Head = Pick<StepNameFormat, 'prefix' | 'separator'>;

/** Suggestions given at most: more groups are hardly all steps. */
const SUGGESTED = 3;

/**
 * Guesses which name formats directories have, none of which the configured formats read: one for each text that stands before the
 * numbers, those that read the most names first. Empty when none looks like a step.
 */
export function suggestNameFormats(names: Iterable<string>): readonly NameSuggestion[] {
  const found: NameSuggestion[] = [];
  for (const { head, group } of groupByHead(names)) {
    let best: NameSuggestion | null = null;
    for (const fixedLength of candidateLengths(group, head)) {
      const format = { ...head, fixedLength };
      if (nameFormatProblem(format) !== null) continue;
      const readable = group.filter((name) => parseStepName([format], name) !== null);
      if (readable.length > (best?.count ?? 0)) best = suggestion(format, readable);
    }
    if (best !== null) found.push(best);
  }
  return found.sort((a, b) => b.count - a.count).slice(0, SUGGESTED);
}

/** "12 directories look like step-N: set step_prefix and step_separator". */
export function describeSuggestion({ count, example, option }: NameSuggestion): string {
  return `${count} ${count === 1 ? 'directory looks' : 'directories look'} like ${example}: set ${option}`;
}

/** What to say of plain files that look like steps, such as those of flax's older checkpoints; null where none does. */
export function describeNumberedFiles(files: Iterable<string>): { detail: string; hint: string } | null {
  // A number after a dot is rather a rotated log's or a core dump's.
  const found = suggestNameFormats([...files].filter((name) => !/\.[0-9]+$/.test(name)))[0];
  if (found === undefined) return null;
  const { count, example } = found;
  const number = count < NUMBERED_FILES_LISTED ? `${count}` : `${count} or more`;
  return {
    detail: `${number} plain ${count === 1 ? 'file looks' : 'files look'} like ${example}: steplease, as Orbax, reads directories only`,
    hint: "save steps as directories with Orbax (in flax: flax.config.update('flax_use_orbax_checkpointing', True)), and restore and save older files anew",
  };
}

function groupByHead(names: Iterable<string>): Iterable<{ head: Head; group: string[] }> {
  const groups = new Map<string, { head: Head; group: string[] }>();
  for (const name of names) {
    const start = /[0-9]+$/.exec(name)?.index;
    if (start === undefined) continue;
    const text = name.slice(0, start);
    const known = groups.get(text);
    const head = known?.head ?? headOf(text);
    if (head === null) continue;
    if (known === undefined) groups.set(text, { head, group: [name] });
    else known.group.push(name);
  }
  return groups.values();
}

/** Null for what is before a number that is hardly a step's: a lone separator, and a version number such as `v1.2`. */
function headOf(text: string): Head | null {
  if (text === '') return DEFAULT_NAME_FORMAT;
  const last = text.slice(-1);
  if (!isSeparator(last)) return { prefix: text, separator: '' };
  const prefix = text.slice(0, -1);
  const isVersion = last === '.' && /[0-9]$/.test(prefix);
  if (prefix === '' || isVersion) return null;
  const head = { prefix, separator: last };
  // A prefix must not end in its separator: what is doubled belongs to the prefix as a whole.
  return nameFormatProblem({ ...head, fixedLength: null }) === null ? head : { prefix: text, separator: '' };
}

function isSeparator(character: string): character is StepSeparator {
  return character === '_' || character === '-' || character === '.';
}

/** No padding first, then every length that a number with leading zeros shows: each such number fits exactly one. */
function candidateLengths(group: readonly string[], { prefix, separator }: Head): (number | null)[] {
  const start = prefix === null ? 0 : prefix.length + separator.length;
  const lengths = new Set<number>();
  for (const name of group)
    if (name.length > start + 1 && name.charAt(start) === '0') lengths.add(name.length - start);
  return [null, ...[...lengths].sort((a, b) => a - b)];
}

function listed(words: readonly string[]): string {
  const [last = '', ...before] = words.toReversed();
  return before.length === 0 ? last : `${before.toReversed().join(', ')} and ${last}`;
}

function suggestion(format: StepNameFormat, readable: readonly string[]): NameSuggestion {
  const values: [option: string, value: string | number][] = [];
  if (format.prefix !== null) values.push(['step_prefix', format.prefix]);
  if (format.separator !== DEFAULT_NAME_FORMAT.separator) values.push(['step_separator', format.separator]);
  if (format.fixedLength !== null) values.push(['step_format_fixed_length', format.fixedLength]);
  const options = values.map(([option]) => option);
  const settings = values.map(([option, value]) => `${option} ${JSON.stringify(value)}`);
  const unpadded = format.prefix === null ? 'N' : `${format.prefix}${format.separator}N`;
  return {
    count: readable.length,
    // A padded name is shown as it is, so that the reader can count its digits.
    example: format.fixedLength === null ? unpadded : (readable[0] ?? unpadded),
    option: options.length === 0 ? 'step_prefix to null' : listed(options),
    settings: settings.length === 0 ? 'step_prefix null' : listed(settings),
    format,
  };
}
