import type { Command } from 'commander';
import { type Config, loadConfig } from '../../config/config.js';
import type { Setting } from '../../config/setting.js';
import { SERVER_SETTINGS } from '../../config/settings.js';
import { startupErrorOf } from '../../startup-error.js';
import { addSettingOptions, readFlags } from '../setting-options.js';

/** Adds a verb that works on a database file without a server. */
export function addDatabaseCommand(
  parent: Command,
  usage: string,
  {
    description,
    examples,
    settings = [],
  }: { description: string; examples: readonly string[]; settings?: readonly Setting[] },
): {
  readonly command: Command;
  readonly withConfig: <T>(action: (config: Config) => Promise<T>) => Promise<T>;
} {
  const all = [SERVER_SETTINGS.databaseFile, ...settings];
  const command = addSettingOptions(parent.command(usage).description(description), all)
    .option('--json', 'print one JSON document')
    .addHelpText('after', `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}`);
  return {
    command,
    withConfig: async (action) => {
      const { config } = loadConfig(readFlags(command, all));
      try {
        return await action(config);
      } catch (error) {
        throw startupErrorOf(error, config);
      }
    },
  };
}
