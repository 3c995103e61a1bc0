import type { Command } from 'commander';
import type { ServeOptions } from '../../server.js';
import { printLine } from '../output.js';
import { addDirectory, addSettingOptions, FLAG_SETTINGS, readFlags } from '../setting-options.js';

export function addServe(program: Command, options: Omit<ServeOptions, 'announce'>): void {
  const command = program
    .command('serve')
    .description('Watch checkpoints and serve them over HTTP, until SIGTERM or SIGINT.');
  addSettingOptions(addDirectory(command), FLAG_SETTINGS).action(async (directory?: string) => {
    const [{ loadConfig }, { serve }] = await Promise.all([
      import('../../config/config.js'),
      import('../../server.js'),
    ]);
    const { config } = loadConfig(readFlags(command, FLAG_SETTINGS, directory));
    await serve(config, { ...options, announce: printLine });
  });
}
