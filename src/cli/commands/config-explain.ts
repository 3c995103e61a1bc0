import type { Command } from 'commander';
import { loadConfig } from '../../config/config.js';
import { explain, showValue } from '../../config/explain.js';
import { printLine } from '../output.js';
import { addDirectory, addSettingOptions, FLAG_SETTINGS, readFlags } from '../setting-options.js';

export function addConfigExplain(program: Command): void {
  const command = program
    .command('config')
    .description('Look at the configuration.')
    .command('explain')
    .description(
      'Say of each setting what it is, where its value comes from, and how to set it; takes what serve takes.',
    )
    .option('--json', 'print JSON');
  addSettingOptions(addDirectory(command), FLAG_SETTINGS).action((directory?: string) => {
    const { settings } = loadConfig(readFlags(command, FLAG_SETTINGS, directory));
    const explanations = settings.map(explain);
    if (command.opts()['json'] === true) return printLine(JSON.stringify(explanations, null, 2));
    for (const { name, value, origin, description, flag, variable } of explanations) {
      printLine(`${name} = ${showValue(value)}  (${origin})\n    ${description}\n    ${flag}, ${variable}`);
    }
  });
}
