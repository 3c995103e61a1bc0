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

/** The same options where no file and no variable counts: they are for one call. */
export function addPlainOptions(command: Command, settings: readonly Setting[]): void {
  for (const setting of settings) command.addOption(plainOption(setting, setting.description));
}

/** What the user gave of `settings`, as texts by the settings' names. */
export function readPlainOptions(command: Command, settings: readonly Setting[]): Flags {
  const given: Record<string, unknown> = command.opts();
  return Object.fromEntries(
    settings.map((setting) => [setting.name, given[optionFor(setting).attributeName()]]),
  );
}

/** DIR stands without a flag, on the commands that take every setting. */
export function addDirectory(command: Command): Command {
  return command.argument('[DIR]', 'checkpoint root of the run "default"');
}

/** What the user gave of `settings`, with DIR and `--config`. */
export function readFlags(command: Command, settings: readonly Setting[], directory?: string): Flags {
  const flags = readPlainOptions(command, settings);
  return { ...flags, config: command.opts()['config'], directory };
}

function optionFor(setting: Setting): Option {
  return plainOption(
    setting,
    `${setting.description}${choicesIn(setting)}${defaultOf(setting)} (variable ${variableOf(setting)})`,
  );
}

function plainOption(setting: Setting, description: string): Option {
  const placeholder = PLACEHOLDER[setting.kind];
  const flag = placeholder === null ? flagOf(setting) : `${flagOf(setting)} <${placeholder}>`;
  const option = new Option(flag, description);
  return SEPARATOR[setting.kind] === null ? option : option.argParser(collect);
}

function collect(item: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), item];
}

function choicesIn({ schema }: Setting): string {
  // A TypeBox schema is a JSON Schema object.
  const choices = (schema as { enum?: readonly string[] }).enum ?? [];
  return choices.length === 0 ? '' : ` One of ${choices.map((choice) => choice || '""').join(', ')}.`;
}

function defaultOf({ fallback, kind }: Setting): string {
  return fallback === null || Array.isArray(fallback) || kind === 'boolean' ? '' : ` (default ${fallback})`;
}
