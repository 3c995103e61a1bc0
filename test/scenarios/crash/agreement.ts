import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Database } from '../../../src/adapters/sqlite/better-sqlite3.js';
import type { HttpClient, Json } from '../../support/http-client.js';

/** Beyond this many looks, each of a quarter of a second at most, removals count as not done. */
const LOOKS = 40;
const OWN_FILES = ['commit_success.txt', 'owner.json'];

/** The database file and the snapshot directory of a server. */
export interface Places {
  readonly db: string;
  readonly snapshots: string;
}

/** Snapshots on disk are the ready ones of the database, each held by somebody, and nothing half made or half gone is left. */
export async function agree(http: HttpClient, places: Places): Promise<void> {
  for (let look = 1; ; look += 1) {
    const { cursor } = await http.ok(http.get('/steps'));
    const trouble = disagreement(places);
    if (trouble === null) return;
    assert.ok(look < LOOKS, trouble);
    // Removals go on after the start: each ends with an event.
    await http.ok(http.get(`/events?after=${cursor}&types=snapshot.deleted&timeout=250ms`));
  }
}

function disagreement(places: Places): string | null {
  const { snapshots, leases, names, twice } = read(places);
  if (twice.length > 0) return `keys with two leases: ${twice.map(({ holder }) => holder)}`;
  if (leases.some(({ state }) => state === 'pending')) return 'a pending lease is left';
  const held = new Set(leases.map((lease) => lease.snapshot_id));
  const odd = snapshots.find(({ id, state }) => state !== 'ready' || !held.has(id));
  if (odd !== undefined) return `snapshot ${JSON.stringify(odd)} is not ready or not held`;
  const known = snapshots.map(({ path }) => basename(dirname(path))).sort();
  return names.join() === known.join() ? null : `on disk ${names}, in the database ${known}`;
}

/** What a kill interrupted, to show that it interrupted something. */
export function wreckage(places: Places): readonly string[] {
  const { snapshots, leases, names } = read(places);
  const unfinished = [...snapshots, ...leases].map(({ state }) => state);
  const isOf = (prefix: string) => (name: string) => name.startsWith(prefix);
  return [
    ...unfinished.filter((state) => state !== 'ready' && state !== 'active'),
    ...names.filter(isOf('.tmp-')).map(() => '.tmp'),
    ...names.filter(isOf('.trash-')).map(() => '.trash'),
  ];
}

function read({ db, snapshots }: Places) {
  const database = new Database(db, { readonly: true });
  // Rows are plain objects of the columns that are asked for.
  const rows = (sql: string) => database.prepare(sql).all() as Json[];
  // Until a directory has an owner nobody clears away what a claim left that was cut off; the next one does.
  const isOwned = existsSync(join(snapshots, 'owner.json'));
  try {
    return {
      snapshots: rows('select id, generation, path, state from snapshots'),
      leases: rows("select snapshot_id, state from leases where state in ('pending', 'active')"),
      twice: rows('select holder from leases where holder is not null group by holder having count(*) > 1'),
      names: existsSync(snapshots)
        ? readdirSync(snapshots)
            .filter((name) => !OWN_FILES.includes(name))
            .filter((name) => isOwned || !name.startsWith('.tmp-owner-'))
            .sort()
        : [],
    };
  } finally {
    database.close();
  }
}
