import { resolve } from 'node:path';
import type { Command } from 'commander';
import { SERVER_SETTINGS } from '../../config/settings.js';
import type { DatabaseCare } from '../database/database-care.js';
import { addDatabaseCommand } from '../database/database-command.js';
import { OWNER_IS_GONE, runRescue } from '../database/rescue-command.js';

interface AdoptOptions {
  readonly run?: string;
  readonly snapshotDir?: string;
  readonly ownerIsGone?: true;
  readonly json?: true;
}

export function addDbAdopt(db: Command, openCare: () => Promise<DatabaseCare>): void {
  const { command, withConfig } = addDatabaseCommand(db, 'adopt <ROOT>', {
    description:
      'Take over the snapshot directory of a checkpoint root whose own database is gone; no server may run on the database that takes it. Snapshots that lie there count as leased for the longest TTL, then they go. Refused while the other server runs.',
    examples: ['steplease db adopt /ckpts/run --db /var/lib/steplease/steplease.db'],
    settings: [SERVER_SETTINGS.maxTtlMs],
  });
  command
    .option(
      '--run <NAME>',
      'name of the run, if the database has none for ROOT (default: "default", or the name of the directory)',
    )
    .option('--snapshot-dir <DIR>', 'where the snapshots are, if not in ROOT')
    .option(...OWNER_IS_GONE);
  command.action(async (root: string, { run, snapshotDir, ownerIsGone, json }: AdoptOptions) => {
    const request = {
      mode: 'adopt',
      ...{ backup: null, roots: [root], run: run ?? null },
      snapshotDirectory: snapshotDir === undefined ? null : resolve(snapshotDir),
      isOwnerGone: ownerIsGone === true,
    } as const;
    await withConfig((config) => runRescue(openCare, config, request, json === true));
  });
}
