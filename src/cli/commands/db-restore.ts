import { resolve } from 'node:path';
import type { Command } from 'commander';
import { SERVER_SETTINGS } from '../../config/settings.js';
import type { DatabaseCare } from '../database/database-care.js';
import { addDatabaseCommand } from '../database/database-command.js';
import { OWNER_IS_GONE, runRescue } from '../database/rescue-command.js';

export function addDbRestore(db: Command, openCare: () => Promise<DatabaseCare>): void {
  const { command, withConfig } = addDatabaseCommand(db, 'restore <BACKUP>', {
    description:
      'Put a backup in the place of the database; no server may run on it. The old file is kept beside it. Snapshots that lie in the snapshot directories count as leased for the longest TTL, because the backup does not know who reads them now; old cursors end as cursor_expired.',
    examples: ['steplease db restore /backup/steplease-2031-02-01.db --db /var/lib/steplease/steplease.db'],
    settings: [SERVER_SETTINGS.maxTtlMs],
  });
  command.option(...OWNER_IS_GONE);
  command.action(async (backup: string, options: { readonly json?: true; readonly ownerIsGone?: true }) => {
    const request = {
      mode: 'restore',
      ...{ backup: resolve(backup), roots: [], run: null, snapshotDirectory: null },
      isOwnerGone: options.ownerIsGone === true,
    } as const;
    await withConfig((config) => runRescue(openCare, config, request, options.json === true));
  });
}
