import { resolve } from 'node:path';
import { NAME } from '../engine/names.js';
import type { RunOptions } from '../engine/runs/run-options.js';
import { DEFAULT_NAME_FORMAT, type StepNameFormat } from '../engine/steps/name-format.js';
import { ConfigError, malformed } from './config-error.js';
import { isMapping } from './file.js';
import { NAME_FORMAT_SETTINGS, type NameFormatValues, RUN_SETTINGS, type RunValues } from './run-settings.js';
import { type ResolvedSetting, readMapping, rejectUnknownKeys } from './sources.js';

/** A run that the configuration asks for. It wins over a stored run of the same name. */
export interface ConfiguredRun {
  readonly name: string;
  /** Absolute and normalized. */
  readonly directory: string;
  /** Only what was set. */
  readonly options: Partial<RunOptions>;
}

const NAME_RULE = 'a run name: 1 to 64 of a-z, 0-9, ".", "_" and "-", the first a letter or a digit';

/** Fields of a run in the file that are no settings of the run "default". */
const FILE_FIELDS = ['name', 'directory', 'step_name_formats'];

const NAME_OPTIONS = Object.values(NAME_FORMAT_SETTINGS)
  .map(({ name }) => name)
  .join(', ');

/** Reads the setting `run`: texts `NAME=DIR`, or in the file also mappings with the fields of `PUT /runs/{run}`. */
export function readRuns(runs: ResolvedSetting, items: readonly unknown[]): readonly ConfiguredRun[] {
  return items.map((item, index) => {
    if (typeof item === 'string') return readAssignment(item, runs);
    if (runs.source === 'file' && isMapping(item))
      return readRun(item, runs.origin.replace('run', `run[${index}]`), runs.base);
    throw malformed(runs.origin, item, 'NAME=DIR');
  });
}

function readAssignment(text: string, { origin, base }: ResolvedSetting): ConfiguredRun {
  const [, name, directory] = /^([^=]*)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || directory === undefined) throw malformed(origin, text, 'NAME=DIR');
  return { name: checkedName(name, origin), directory: resolve(base, directory), options: {} };
}

function readRun(fields: Readonly<Record<string, unknown>>, where: string, base: string): ConfiguredRun {
  rejectUnknownKeys(Object.values(RUN_SETTINGS), fields, where, FILE_FIELDS);
  const { name, directory, step_name_formats: formats } = fields;
  if (typeof name !== 'string') throw malformed(`name in ${where}`, name, NAME_RULE);
  if (typeof directory !== 'string') throw malformed(`directory in ${where}`, directory, 'a path');
  // readMapping gives every key of the table the value that its setting accepted.
  const options = runOptions(readMapping(RUN_SETTINGS, fields, where, base) as RunValues);
  const stepNameFormats = formats === undefined ? options.stepNameFormats : readFormats(formats, where, base);
  if (formats !== undefined && options.stepNameFormats !== undefined)
    throw new ConfigError(`${where}: step_name_formats excludes ${NAME_OPTIONS}`);
  return {
    name: checkedName(name, `name in ${where}`),
    directory: resolve(base, directory),
    options: stepNameFormats === undefined ? options : { ...options, stepNameFormats },
  };
}

function readFormats(formats: unknown, where: string, base: string): readonly StepNameFormat[] {
  const origin = `step_name_formats in ${where}`;
  if (!Array.isArray(formats) || formats.length === 0)
    throw malformed(origin, formats, 'a list of name formats');
  return formats.map((format: unknown, index) => {
    if (!isMapping(format)) throw malformed(origin, format, `a mapping of ${NAME_OPTIONS}`);
    rejectUnknownKeys(Object.values(NAME_FORMAT_SETTINGS), format, `${origin}[${index}]`);
    // As above.
    return nameFormatOf(
      readMapping(NAME_FORMAT_SETTINGS, format, `${origin}[${index}]`, base) as NameFormatValues,
    );
  });
}

/** The options that were set, by the engine's names. */
export function runOptions(values: RunValues): Partial<RunOptions> {
  const { stepPrefix, stepSeparator, stepFormatFixedLength, ...others } = values;
  const set = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== null));
  if (stepPrefix === null && stepSeparator === null && stepFormatFixedLength === null) return set;
  return { ...set, stepNameFormats: [nameFormatOf(values)] };
}

function nameFormatOf({
  stepPrefix,
  stepSeparator,
  stepFormatFixedLength,
}: NameFormatValues): StepNameFormat {
  return {
    prefix: stepPrefix,
    separator: stepSeparator ?? DEFAULT_NAME_FORMAT.separator,
    fixedLength: stepFormatFixedLength,
  };
}

function checkedName(name: string, origin: string): string {
  if (!NAME.test(name)) throw malformed(origin, name, NAME_RULE);
  return name;
}

/** A name and a directory each belong to one run. */
export function rejectDoubles(runs: readonly ConfiguredRun[]): void {
  const names = new Set<string>();
  const owners = new Map<string, string>();
  for (const { name, directory } of runs) {
    if (names.has(name)) throw new ConfigError(`run ${name}: given twice`);
    const owner = owners.get(directory);
    if (owner !== undefined)
      throw new ConfigError(`run ${name}: ${directory} is the directory of run ${owner} already`);
    names.add(name);
    owners.set(directory, name);
  }
}
