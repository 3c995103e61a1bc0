import { hostname } from 'node:os';
import type { MarkOrigin } from '../../engine/file-system.js';
import { realFile } from './database-file.js';

/** What a server writes into the marks of its snapshot directories: this machine, and its database. */
export function originOf(databaseFile: string): MarkOrigin {
  return { host: hostname(), database: realFile(databaseFile) };
}
