import type { Command } from 'commander';
import type { DatabaseCare } from '../database/database-care.js';
import { addDbAdopt } from './db-adopt.js';
import { addDbBackup } from './db-backup.js';
import { addDbCheck } from './db-check.js';
import { addDbRebuild } from './db-rebuild.js';
import { addDbRestore } from './db-restore.js';

export function addDb(program: Command, openCare: () => Promise<DatabaseCare>): void {
  const db = program
    .command('db')
    .description("Look after the server's database: check it, back it up, bring it back.");
  addDbCheck(db, openCare);
  addDbBackup(db, openCare);
  addDbRestore(db, openCare);
  addDbRebuild(db, openCare);
  addDbAdopt(db, openCare);
}
