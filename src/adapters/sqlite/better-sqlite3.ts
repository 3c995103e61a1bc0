import { createRequire } from 'node:module';
import type BetterSqlite3 from 'better-sqlite3';

/**
 * better-sqlite3 as this Node can load it. From 13 on it crashes the process on Node 20; before 13 it does so on Node 24, whenever a
 * statement is collected late. So package.json names both, and npm installs the one whose `engines` fit.
 */
export const LIBRARY =
  Number.parseInt(process.versions.node, 10) >= 22 ? 'better-sqlite3' : 'better-sqlite3-node20';

export type Database = BetterSqlite3.Database;
export const Database = load();

function load(): typeof BetterSqlite3 {
  try {
    return createRequire(import.meta.url)(LIBRARY);
  } catch (error) {
    throw new Error(
      `${LIBRARY}, the SQLite library for Node ${process.versions.node}, cannot be loaded: repeat npm ci with this Node version; ` +
        'on Node 20 it is compiled, for which make, a C++ compiler and Python 3 must be there',
      { cause: error },
    );
  }
}
