import { type Command, Option } from 'commander';
import { PLACEHOLDER, SEPARATOR } from '../config/kinds.js';
import { flagOf, type Setting, variableOf } from '../config/setting.js';
import { SETTINGS } from '../config/settings.js';

const { directory: _directory, ...flagged } = SETTINGS;

/** The settings that have a flag: all but DIR. */
export const FLAG_SETTINGS: readonly Setting[] = Object.values(flagged);

/** Values of the command line by the settings' names, as `loadConfig` takes them. */
export type Flags = Readonly<Record<string, unknown>>;

/** Gives a command an option for each of the settings, and `--config`. Values stay texts: `loadConfig` reads and checks them. */
export function addSettingOptions(command: Command, settings: readonly Setting[]): Command {
  command.option('--config <FILE>', 'YAML file with settings (variable STEPLEASE_CONFIG)');
  for (const setting of settings) command.addOption(optionFor(setting));
  return command;
}

/** DIR stands without a flag, on the commands that take every setting. */
export function addDirectory(command: Command): Command {
  return command.argument('[DIR]', 'checkpoint root of the run "default"');
}

/** What the user gave of `settings`, with DIR and `--config`. */
export function readFlags(command: Command, settings: readonly Setting[], directory?: string): Flags {
  const given: Record<string, unknown> = command.opts();
  const flags = settings.map((setting) => [setting.name, given[optionFor(setting).attributeName()]]);
  return { ...Object.fromEntries(flags), config: given['config'], directory };
}

function optionFor(setting: Setting): Option {
  const placeholder = PLACEHOLDER[setting.kind];
  const flag = placeholder === null ? flagOf(setting) : `${flagOf(setting)} <${placeholder}>`;
  const option = new Option(
    flag,
    `${setting.description}${defaultOf(setting)} (variable ${variableOf(setting)})`,
  );
  return SEPARATOR[setting.kind] === null ? option : option.argParser(collect);
}

function collect(item: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), item];
}

function defaultOf({ fallback, kind }: Setting): string {
  return fallback === null || Array.isArray(fallback) || kind === 'boolean' ? '' : ` (default ${fallback})`;
}
