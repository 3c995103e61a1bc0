import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { DatabaseCare } from '../database/database-care.js';
import { addDatabaseCommand } from '../database/database-command.js';
import { printJson, printLine } from '../output.js';
import { printable } from '../terminal/printable.js';

export function addDbBackup(db: Command, openCare: () => Promise<DatabaseCare>): void {
  const { command, withConfig } = addDatabaseCommand(db, 'backup <FILE>', {
    description:
      'Copy the database as it is at one moment into FILE, also while a server runs: checked, on the disk, and nothing is overwritten. "steplease db restore" takes it back.',
    examples: ['steplease db backup /backup/steplease-$(date +%F).db --db /var/lib/steplease/steplease.db'],
  });
  command.action(async (target: string, { json }: { readonly json?: true }) => {
    const { file, bytes, storeId, lastEvent } = await withConfig(async ({ databaseFile }) =>
      (await openCare()).backUp(databaseFile, resolve(target)),
    );
    if (json) printJson({ file, bytes, store: storeId, last_event: lastEvent });
    else printLine(printable(`backup ${file}: ${bytes} bytes, checked, up to event ${lastEvent}`));
  });
}
