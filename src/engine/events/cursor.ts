/** The oldest and newest position that a cursor may name. */
export interface CursorBounds {
  /** Position before the oldest event kept. */
  readonly floor: number;
  readonly newest: number;
}

const CURSOR = /^([A-Za-z0-9_-]{1,32})\.([0-9a-z]{1,11})$/;

/** Cursors are opaque to clients: the store that made them, and a position in its event log. */
export function formatCursor(storeId: string, sequence: number): string {
  return `${storeId}.${sequence.toString(36)}`;
}

/**
 * The position that a cursor names; null when it is malformed, from another store, behind what is retained, or ahead of what was ever
 * written (a database restored from a backup).
 */
export function parseCursor(storeId: string, bounds: CursorBounds, cursor: string): number | null {
  const match = CURSOR.exec(cursor);
  if (match === null || match[1] !== storeId || match[2] === undefined) return null;
  const sequence = Number.parseInt(match[2], 36);
  if (!Number.isSafeInteger(sequence) || sequence.toString(36) !== match[2]) return null;
  return sequence >= bounds.floor && sequence <= bounds.newest ? sequence : null;
}
