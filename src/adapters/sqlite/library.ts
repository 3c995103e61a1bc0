import { Database, LIBRARY } from './better-sqlite3.js';

/** Which SQLite runs here: the name of the package that was loaded, and the version of SQLite in it. */
export function sqliteLibrary(): { readonly library: string; readonly version: string } {
  const database = new Database(':memory:');
  try {
    const version = database.prepare('select sqlite_version()').pluck().get();
    return { library: LIBRARY, version: String(version) };
  } finally {
    database.close();
  }
}
