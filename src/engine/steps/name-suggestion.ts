import { nameFormatProblem, parseStepName, type StepNameFormat } from './name-format.js';

/** A name format that directories seem to have, for a warning "{count} directories look like {example}: set {option}". */
export interface NameSuggestion {
  readonly count: number;
  readonly example: string;
  readonly option: string;
  readonly format: StepNameFormat;
}

/**
 * Guesses which name format directories have, none of which the configured formats read. Null when none looks like a step.
 * Of several guesses the one that reads the most names wins.
 */
export function suggestNameFormat(names: Iterable<string>): NameSuggestion | null {
  let best: NameSuggestion | null = null;
  for (const [prefix, group] of groupByPrefix(names)) {
    for (const fixedLength of candidateLengths(group, prefix)) {
      const format = { prefix, fixedLength };
      if (nameFormatProblem(format) !== null) continue;
      const readable = group.filter((name) => parseStepName([format], name) !== null);
      if (readable.length > (best?.count ?? 0)) best = suggestion(format, readable);
    }
  }
  return best;
}

/** Splits at the last underscore, as Orbax's own prefix-agnostic pattern `(.+)_(\d+)` does. */
function groupByPrefix(names: Iterable<string>): Map<string | null, string[]> {
  const groups = new Map<string | null, string[]>();
  for (const name of names) {
    const match = /^(?:(.+)_)?[0-9]+$/s.exec(name);
    if (match === null) continue;
    const prefix = match[1] ?? null;
    const group = groups.get(prefix);
    if (group === undefined) groups.set(prefix, [name]);
    else group.push(name);
  }
  return groups;
}

/** No padding first, then every length that a number with leading zeros shows: each such number fits exactly one. */
function candidateLengths(group: readonly string[], prefix: string | null): (number | null)[] {
  const start = prefix === null ? 0 : prefix.length + 1;
  const lengths = new Set<number>();
  for (const name of group)
    if (name.length > start + 1 && name.charAt(start) === '0') lengths.add(name.length - start);
  return [null, ...[...lengths].sort((a, b) => a - b)];
}

function suggestion(format: StepNameFormat, readable: readonly string[]): NameSuggestion {
  const options: string[] = [];
  if (format.prefix !== null) options.push('step_prefix');
  if (format.fixedLength !== null) options.push('step_format_fixed_length');
  const unpadded = format.prefix === null ? 'N' : `${format.prefix}_N`;
  return {
    count: readable.length,
    // A padded name is shown as it is, so that the reader can count its digits.
    example: format.fixedLength === null ? unpadded : (readable[0] ?? unpadded),
    option: options.length === 0 ? 'step_prefix to null' : options.join(' and '),
    format,
  };
}
