import type { Command } from 'commander';
import { SERVER_SETTINGS } from '../../config/settings.js';
import type { MigrateDatabase } from '../../server.js';
import { startupErrorOf } from '../../startup-error.js';
import { printLine } from '../output.js';
import { addSettingOptions, readFlags } from '../setting-options.js';

const SETTINGS = [SERVER_SETTINGS.databaseFile];

export function addMigrate(program: Command, migrateDatabase: MigrateDatabase): void {
  const command = program
    .command('migrate')
    .description(
      'Bring the database schema up to date and print the old and the new version. "serve" does the same when it starts.',
    );
  addSettingOptions(command, SETTINGS).action(async () => {
    const { loadConfig } = await import('../../config/config.js');
    const { config } = loadConfig(readFlags(command, SETTINGS));
    try {
      const { from, to } = await migrateDatabase(config.databaseFile);
      printLine(from === to ? `schema ${to}: nothing to do` : `schema ${from ?? '(none)'} -> ${to}`);
    } catch (error) {
      throw startupErrorOf(error, config);
    }
  });
}
