import type { Command } from 'commander';
import type { DatabaseCare } from '../database/database-care.js';
import { addDatabaseCommand } from '../database/database-command.js';
import { reportFindings } from '../doctor/report-findings.js';
import { screen } from '../terminal/screen.js';

export function addDbCheck(db: Command, openCare: () => Promise<DatabaseCare>): void {
  const { command, withConfig } = addDatabaseCommand(db, 'check', {
    description:
      'Check the database: its pages, foreign keys and schema, and whether it agrees with the snapshot directories. It only reads, also while a server runs. Exit 1 when something is bad, 2 when it cannot be read.',
    examples: ['steplease db check --db /var/lib/steplease/steplease.db'],
  });
  command.action(async ({ json }: { readonly json?: true }) => {
    const findings = await withConfig(async ({ databaseFile }) => (await openCare()).check(databaseFile));
    reportFindings(findings, screen(), json === true);
  });
}
