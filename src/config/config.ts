import { parseCidr } from '../cidr.js';
import { DEFAULT_RUN } from '../engine/names.js';
import { ConfigError, malformed } from './config-error.js';
import { environment } from './environment.js';
import { RUN_SETTINGS } from './run-settings.js';
import { type ConfiguredRun, readRuns, rejectDoubles, runOptions } from './runs.js';
import type { Setting, SettingsTable, ValuesOf } from './setting.js';
import { SERVER_SETTINGS, SETTINGS, type ServerValues, SOURCE_SETTINGS } from './settings.js';
import { type ResolvedSetting, resolveSettings, type Sources } from './sources.js';

/** Everything that was decided outside the program, checked. Paths are absolute, times are milliseconds. */
export interface Config extends ServerValues {
  /** The run "default" first, when a directory was given, then the others in the order given. */
  readonly runs: readonly ConfiguredRun[];
}

export interface LoadedConfig {
  readonly config: Config;
  /** One for each setting, in the order of `SETTINGS`. */
  readonly settings: readonly ResolvedSetting[];
}

/**
 * Reads the configuration of a server.
 *
 * @param flags values of the command line by the settings' names; `config` names the file, `directory` is DIR.
 * @throws ConfigError
 */
export function loadConfig(flags: Sources['flags'], surroundings: Partial<Sources> = {}): LoadedConfig {
  const resolved = resolveSettings(SETTINGS, {
    flags,
    environment: surroundings.environment ?? environment(),
    workingDirectory: surroundings.workingDirectory ?? process.cwd(),
  });
  const { directory, runs: items } = valuesOf(SOURCE_SETTINGS, resolved);
  if (directory === null) rejectIdleOptions(resolved);
  const options = runOptions(valuesOf(RUN_SETTINGS, resolved));
  const defaultRun = directory === null ? [] : [{ name: DEFAULT_RUN, directory, options }];
  const runs = [...defaultRun, ...readRuns(resolvedOf(SOURCE_SETTINGS.runs, resolved), items)];
  rejectDoubles(runs);
  const config = { ...valuesOf(SERVER_SETTINGS, resolved), runs };
  rejectHalfTls(config, resolved);
  rejectNonRanges(config, resolvedOf(SERVER_SETTINGS.trustedProxies, resolved).origin);
  return { config, settings: [...resolved.values()] };
}

type Resolved = ReturnType<typeof resolveSettings>;

function resolvedOf(setting: Setting, resolved: Resolved): ResolvedSetting {
  const found = resolved.get(setting);
  if (found === undefined) throw new Error(`setting ${setting.name} is in no table`);
  return found;
}

function valuesOf<Table extends SettingsTable>(table: Table, resolved: Resolved): ValuesOf<Table> {
  const values = Object.entries(table).map(([key, setting]) => [key, resolvedOf(setting, resolved).value]);
  // Each value was accepted by its setting, whose type it has therefore.
  return Object.fromEntries(values) as ValuesOf<Table>;
}

function rejectIdleOptions(resolved: Resolved): void {
  for (const setting of Object.values(RUN_SETTINGS)) {
    const { value, origin } = resolvedOf(setting, resolved);
    if (value !== null) throw new ConfigError(`${origin}: it is for the run "default", and no DIR was given`);
  }
}

/** Half of it would be a server that speaks plain HTTP although TLS was meant. */
function rejectHalfTls({ tlsCert, tlsKey, tlsClientCa }: Config, resolved: Resolved): void {
  const origin = (setting: Setting) => resolvedOf(setting, resolved).origin;
  const { tlsCert: cert, tlsKey: key, tlsClientCa: clientCa } = SERVER_SETTINGS;
  if (tlsCert !== null && tlsKey === null) throw new ConfigError(`${origin(cert)}: it needs --tls-key, too`);
  if (tlsKey !== null && tlsCert === null) throw new ConfigError(`${origin(key)}: it needs --tls-cert, too`);
  if (tlsClientCa !== null && tlsCert === null)
    throw new ConfigError(`${origin(clientCa)}: it needs --tls-cert and --tls-key, too`);
}

function rejectNonRanges({ trustedProxies }: Config, origin: string): void {
  for (const range of trustedProxies)
    if (parseCidr(range) === null)
      throw malformed(origin, range, 'an address or a CIDR range such as 10.0.0.0/8 or fd00::/8');
}
