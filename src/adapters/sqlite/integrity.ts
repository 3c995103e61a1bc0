import type { Database } from './better-sqlite3.js';

/** More would not help anybody who reads them. */
const PROBLEMS_NAMED = 20;

/** What SQLite finds wrong with a file as a whole: its pages and indexes, and rows whose parent is gone. Empty: nothing. */
export function integrityProblems(handle: Database): readonly string[] {
  try {
    const found: unknown[] = handle.prepare(`pragma integrity_check(${PROBLEMS_NAMED})`).pluck().all();
    const sentences = found.map(String).filter((sentence) => sentence !== 'ok');
    return sentences.length > 0 ? sentences : orphans(handle);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function orphans(handle: Database): readonly string[] {
  const rows: unknown[] = handle
    .prepare('select "table", rowid, parent from pragma_foreign_key_check')
    .raw()
    .all();
  return rows
    .slice(0, PROBLEMS_NAMED)
    .map((row) =>
      Array.isArray(row) ? `row ${row[1]} of ${row[0]} names a row of ${row[2]} that is not there` : '',
    );
}
