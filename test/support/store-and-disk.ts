import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { HttpClient, Json } from './http-client.js';

const OWN_FILES = ['commit_success.txt', 'owner.json'];

/** Where database and snapshot directory disagree, as a sentence: they agree when each snapshot is ready, held and on disk, and no other is. */
export function disagreement(databaseFile: string, snapshotDirectory: string): string | null {
  const database = new Database(databaseFile, { readonly: true });
  try {
    const rows = (sql: string) => database.prepare(sql).all() as Json[]; // rows are plain objects
    const snapshots = rows('select id, generation, state from snapshots');
    const leases = rows("select number, snapshot_id, state from leases where state in ('pending', 'active')");
    const held = new Set(leases.map((lease) => lease.snapshot_id));
    const pending = leases.find((lease) => lease.state === 'pending');
    if (pending !== undefined) return `lease ${pending.number} is still pending`;
    const odd = snapshots.find((snapshot) => snapshot.state !== 'ready' || !held.has(snapshot.id));
    if (odd !== undefined) return `snapshot ${JSON.stringify(odd)} is not ready or not held`;
    const entries = existsSync(snapshotDirectory) ? readdirSync(snapshotDirectory) : [];
    const names = entries.filter((name) => !OWN_FILES.includes(name)).sort();
    const known = snapshots.map((snapshot) => snapshot.generation).sort();
    return names.join() === known.join() ? null : `on disk ${names}, in the database ${known}`;
  } finally {
    database.close();
  }
}

/** Resolves when they agree. What a server still has to undo or remove gets this time; removals end with an event. */
export async function agreed(
  client: HttpClient,
  databaseFile: string,
  snapshotDirectory: string,
  withinMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const { cursor } = await client.ok(client.get('/steps'));
    const trouble = disagreement(databaseFile, snapshotDirectory);
    if (trouble === null) return;
    assert.ok(performance.now() < deadline, trouble);
    await client.ok(client.get(`/events?after=${cursor}&types=snapshot.deleted&timeout=250ms`));
  }
}
