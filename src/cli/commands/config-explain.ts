import type { Command } from 'commander';
import { printLine } from '../output.js';
import { addDirectory, addSettingOptions, FLAG_SETTINGS, readFlags } from '../setting-options.js';

const EXAMPLES = `
Examples:
  steplease config explain                                  # what each setting is, and which source it comes from
  steplease config explain --config steplease.yaml          # the same for a server with this file
  steplease config explain --example > steplease.yaml       # a file to begin with`;

export function addConfigExplain(program: Command): void {
  const command = program
    .command('config')
    .description('Show the configuration.')
    .command('explain')
    .description(
      'Print each setting with its value, the source of the value, and the ways to set it. Takes the same options as "serve".',
    )
    .option('--json', 'print JSON')
    .option('--example', 'print a configuration file instead, with every setting')
    .addHelpText('after', EXAMPLES);
  addSettingOptions(addDirectory(command), FLAG_SETTINGS).action(async (directory?: string) => {
    if (command.opts()['example'] === true) {
      const { exampleFile } = await import('../../config/example.js');
      return printLine(exampleFile().trimEnd());
    }
    const [{ loadConfig }, { explain, showValue }] = await Promise.all([
      import('../../config/config.js'),
      import('../../config/explain.js'),
    ]);
    const { settings } = loadConfig(readFlags(command, FLAG_SETTINGS, directory));
    const explanations = settings.map(explain);
    if (command.opts()['json'] === true) return printLine(JSON.stringify(explanations, null, 2));
    for (const { name, value, origin, description, flag, variable } of explanations) {
      printLine(`${name} = ${showValue(value)}  (${origin})\n    ${description}\n    ${flag}, ${variable}`);
    }
  });
}
