import type { Command } from 'commander';
import { SERVER_SETTINGS } from '../../config/settings.js';
import type { DatabaseCare } from '../database/database-care.js';
import { addDatabaseCommand } from '../database/database-command.js';
import { OWNER_IS_GONE, runRescue } from '../database/rescue-command.js';

export function addDbRebuild(db: Command, openCare: () => Promise<DatabaseCare>): void {
  const { command, withConfig } = addDatabaseCommand(db, 'rebuild [ROOT...]', {
    description:
      'Make a new database in the place of a lost, damaged or outdated one; no server may run on it. The old file is kept beside it, its runs are taken over as far as they can be read, and those of each ROOT: a checkpoint root, or a directory of such. Snapshots that lie there count as leased for the longest TTL, then they go. A database that is whole is kept, and only takes over directories.',
    examples: [
      'steplease db rebuild --db /var/lib/steplease/steplease.db',
      'steplease db rebuild /ckpts --db /var/lib/steplease/steplease.db    # every run below /ckpts',
    ],
    settings: [SERVER_SETTINGS.maxTtlMs],
  });
  command.option(...OWNER_IS_GONE);
  command.action(
    async (roots: readonly string[], options: { readonly json?: true; readonly ownerIsGone?: true }) => {
      const request = {
        mode: 'rebuild',
        ...{ backup: null, roots, run: null, snapshotDirectory: null },
        isOwnerGone: options.ownerIsGone === true,
      } as const;
      await withConfig((config) => runRescue(openCare, config, request, options.json === true));
    },
  );
}
