import { finalNameOf, isTemporaryName } from './commit-marker.js';

/** What may join a prefix to the number: Orbax's underscore first, then what other writers use. */
export const STEP_SEPARATORS = ['_', '-', '.', ''] as const;
export type StepSeparator = (typeof STEP_SEPARATORS)[number];

/**
 * One of Orbax's standard step name formats (`standard_name_format` in `_src/path/step.py`): `[prefix_]N`, where N has no
 * leading zeros or is zero-padded to a fixed length. A list of them is Orbax's composite format: earlier ones win.
 */
export interface StepNameFormat {
  /** Orbax's step_prefix, without the separator that joins it to the number. */
  readonly prefix: string | null;
  /** Joins the prefix to the number. `_` where there is no prefix. */
  readonly separator: StepSeparator;
  /** Orbax's step_format_fixed_length. */
  readonly fixedLength: number | null;
}

export const DEFAULT_NAME_FORMAT: StepNameFormat = { prefix: null, separator: '_', fixedLength: null };

export interface ParsedStepName {
  readonly step: number;
  /** Index of the format that the name has; between two names of one step the lower index wins. */
  readonly formatIndex: number;
}

/** Digits of 2^53 − 1; more are never a step number here. Orbax's own limit is int32, at its broadcast only. */
const MAX_DIGITS = 16;
export const FIXED_LENGTH_BOUNDS = { minimum: 1, maximum: MAX_DIGITS } as const;
const MAX_PREFIX_BYTES = 200;

/**
 * Reads the step number from a finalized step's directory name; null when no format fits.
 *
 * Differs from Orbax on purpose where Orbax's regular expression is loose: it reads the prefix as a pattern, so that `a+` never
 * finds its own `a+_1`, takes other scripts' digits after the first, and allows one newline at the end.
 */
export function parseStepName(formats: readonly StepNameFormat[], name: string): ParsedStepName | null {
  for (const [formatIndex, format] of formats.entries()) {
    const step = parseWith(format, name);
    if (step !== null) return { step, formatIndex };
  }
  return null;
}

/** Whether a name would be a step's, were its number not beyond 2^53 − 1. */
export function isNumberTooLarge(formats: readonly StepNameFormat[], name: string): boolean {
  return formats.some((format) => {
    const start = head(format);
    return name.startsWith(start) && isBeyond(name.slice(start.length), format.fixedLength ?? 1);
  });
}

function isBeyond(digits: string, width: number): boolean {
  const isPadded = digits.startsWith('0') && digits.length > width;
  return /^[0-9]+$/.test(digits) && !isPadded && !Number.isSafeInteger(Number(digits));
}

/** The directory name of a step. Throws RangeError for anything but an integer from 0 to 2^53 − 1. */
export function buildStepName(format: StepNameFormat, step: number): string {
  if (!Number.isSafeInteger(step) || step < 0) throw new RangeError(`${step} is not a step number`);
  const digits = String(step).padStart(format.fixedLength ?? 0, '0');
  return `${head(format)}${digits}`;
}

/** The step that a directory named `<final name>.orbax-checkpoint-tmp…` is being written for; null for any other name. */
export function parseTemporaryStepName(formats: readonly StepNameFormat[], name: string): number | null {
  const finalName = finalNameOf(name);
  return finalName === null ? null : (parseStepName(formats, finalName)?.step ?? null);
}

/** The rule that a name format breaks, as a sentence that names the option; null when it is valid. */
export function nameFormatProblem(format: StepNameFormat): string | null {
  const { prefix, separator, fixedLength } = format;
  const { minimum, maximum } = FIXED_LENGTH_BOUNDS;
  if (
    fixedLength !== null &&
    !(Number.isInteger(fixedLength) && fixedLength >= minimum && fixedLength <= maximum)
  )
    return `step_format_fixed_length must be an integer from ${minimum} to ${maximum}`;
  if (prefix === null)
    return separator === DEFAULT_NAME_FORMAT.separator
      ? null
      : 'step_separator joins step_prefix to the number: give step_prefix, too';
  // Orbax takes an empty prefix for "_7"; nobody means that, it is a forgotten value.
  if (prefix === '') return 'step_prefix must not be empty: leave it out for names without a prefix';
  if (/[/\0]/.test(prefix)) return 'step_prefix must not contain a slash or a NUL character';
  if (/\p{Surrogate}/u.test(prefix)) return 'step_prefix must be well-formed Unicode';
  if (new TextEncoder().encode(prefix).length > MAX_PREFIX_BYTES)
    return `step_prefix must be at most ${MAX_PREFIX_BYTES} bytes of UTF-8`;
  if (isTemporaryName(prefix)) return 'step_prefix must not contain the mark of temporary directories';
  if (separator !== '' && prefix.endsWith(separator)) {
    const bare = withoutTail(prefix, separator);
    const remedy = bare === '' ? 'leave it out' : `set it to ${JSON.stringify(bare)}`;
    return `step_prefix must not end in step_separator, which is added to it (steps would be called "${head(format)}N"): ${remedy}`;
  }
  return null;
}

function withoutTail(text: string, tail: string): string {
  let rest = text;
  while (rest.endsWith(tail)) rest = rest.slice(0, -tail.length);
  return rest;
}

function head(format: StepNameFormat): string {
  return format.prefix === null ? '' : `${format.prefix}${format.separator}`;
}

function parseWith(format: StepNameFormat, name: string): number | null {
  const start = head(format);
  if (!name.startsWith(start)) return null;
  const digits = name.slice(start.length);
  if (digits.length > MAX_DIGITS || !/^[0-9]+$/.test(digits)) return null;
  // A number has exactly one name in a format: zeros in front only as padding up to the fixed length.
  const width = format.fixedLength ?? 1;
  if (digits.length < width || (digits.length > width && digits.startsWith('0'))) return null;
  const step = Number(digits);
  return Number.isSafeInteger(step) ? step : null;
}
