import { CLIENT_VARIABLES } from './client-config.js';
import { ConfigError, malformed } from './config-error.js';
import { type ConfigFile, readConfigFile } from './file.js';
import { readAs, SEPARATOR } from './kinds.js';
import { ruleOf } from './rule.js';
import { flagOf, type Setting, type SettingsTable, variableOf } from './setting.js';

export type SourceName = 'flag' | 'environment' | 'file' | 'default';

/** A setting's value and where it came from. */
export interface ResolvedSetting {
  readonly setting: Setting;
  readonly value: unknown;
  readonly source: SourceName;
  /** As the user wrote it: `--port`, `STEPLEASE_PORT`, `port in /etc/steplease.yaml`. */
  readonly origin: string;
  /** Directory that relative paths inside the value start from. */
  readonly base: string;
}

export interface Sources {
  /** Values of the command line by the settings' names. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
}

/** The only variable that is no setting: it says where the file with the others is. */
const FILE_VARIABLE = 'STEPLEASE_CONFIG';
/** The project's own tests are told things this way; a server that they start inherits it. */
const TEST_PREFIX = 'STEPLEASE_TEST_';

/** Finds each setting's value in the first source that has one: flag, environment, file, default. */
export function resolveSettings(
  table: SettingsTable,
  sources: Sources,
): ReadonlyMap<Setting, ResolvedSetting> {
  const settings = Object.values(table);
  rejectUnknownVariables(settings, sources.environment);
  const file = findFile(sources);
  if (file !== null) rejectUnknownKeys(settings, file.values, file.path);
  return new Map(settings.map((setting) => [setting, resolveSetting(setting, sources, file)]));
}

function resolveSetting(setting: Setting, sources: Sources, file: ConfigFile | null): ResolvedSetting {
  const base = sources.workingDirectory;
  const flag = sources.flags[setting.name];
  if (flag !== undefined) {
    const origin = setting.name === 'directory' ? 'DIR' : flagOf(setting);
    return read(setting, flag, { source: 'flag', origin, base });
  }
  const variable = sources.environment[variableOf(setting)];
  if (variable !== undefined) {
    return read(setting, split(setting, variable), {
      source: 'environment',
      origin: variableOf(setting),
      base,
    });
  }
  if (file !== null && Object.hasOwn(file.values, setting.name)) {
    const origin = `${setting.name} in ${file.path}`;
    return read(setting, file.values[setting.name], { source: 'file', origin, base: file.directory });
  }
  const place = { source: 'default', origin: 'default', base } as const;
  return setting.fallback === null
    ? { setting, value: null, ...place }
    : read(setting, setting.fallback, place);
}

type Place = Pick<ResolvedSetting, 'source' | 'origin' | 'base'>;

function read(setting: Setting, raw: unknown, place: Place): ResolvedSetting {
  const value = readAs(setting.kind, raw, place.base);
  if (value === undefined || !setting.accepts(value)) throw malformed(place.origin, raw, ruleOf(setting));
  return { setting, value, ...place };
}

function split(setting: Setting, variable: string): string | string[] {
  const separator = SEPARATOR[setting.kind];
  return separator === null ? variable : variable.split(separator).filter((item) => item !== '');
}

function findFile(sources: Sources): ConfigFile | null {
  const path = sources.flags['config'] ?? sources.environment[FILE_VARIABLE];
  return typeof path === 'string' ? readConfigFile(path, sources.workingDirectory) : null;
}

function rejectUnknownVariables(settings: readonly Setting[], environment: Sources['environment']): void {
  const known = new Set<string>([FILE_VARIABLE, ...CLIENT_VARIABLES, ...settings.map(variableOf)]);
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('STEPLEASE_') || name.startsWith(TEST_PREFIX) || known.has(name)) continue;
    throw new ConfigError(`${name}: there is no such setting; "steplease config explain" lists them`);
  }
}

/** @param where names the mapping: the file, or a part of it. */
export function rejectUnknownKeys(
  settings: readonly Setting[],
  values: Readonly<Record<string, unknown>>,
  where: string,
  alsoKnown: readonly string[] = [],
): void {
  const known = new Set([...alsoKnown, ...settings.map((setting) => setting.name)]);
  for (const key of Object.keys(values)) {
    if (!known.has(key))
      throw new ConfigError(`${where}: ${JSON.stringify(key)} is not one of ${[...known].join(', ')}`);
  }
}

/** The values of a mapping of the file (one run, say) by the same rules as the settings themselves. */
export function readMapping(
  table: SettingsTable,
  values: Readonly<Record<string, unknown>>,
  where: string,
  base: string,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(table).map(([key, setting]) => {
      const raw = values[setting.name];
      const place = { source: 'file', origin: `${setting.name} in ${where}`, base } as const;
      return [key, raw === undefined ? null : read(setting, raw, place).value];
    }),
  );
}
