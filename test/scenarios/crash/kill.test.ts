import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import type { HttpClient, Json } from '../../support/http-client.js';
import { SeededRandom } from '../../support/random.js';
import { ServerChild } from '../../support/server-child.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { treeContents } from '../../support/tree-contents.js';
import { type Claim, work } from './lease-client.js';

const KILLS = Number(process.env['STEPLEASE_TEST_KILLS'] ?? 200);
const CLIENTS = 4;
const STEPS_KEPT = 4;
const OWN_FILES = ['commit_success.txt', 'owner.json'];

test(`after each of ${KILLS} kill -9 at random moments, database and disk agree and nothing acknowledged is lost`, async (t) => {
  const seed = Number(process.env['STEPLEASE_TEST_SEED'] ?? Date.now() % 1_000_000);
  t.diagnostic(`seed ${seed}`);
  const random = new SeededRandom(seed);
  const root = CheckpointRoot.make(t);
  const db = join(temporaryFolder(t), 'db');
  const saved = new Map<number, ReadonlyMap<string, string>>();
  const kept: number[] = [];
  const train = () => {
    const step = saved.size + 1;
    saved.set(step, treeContents(root.save(step)));
    kept.push(step);
    if (kept.length > STEPS_KEPT) root.delete(kept.shift() ?? 0);
  };
  for (let step = 0; step < STEPS_KEPT; step += 1) train();

  const claims: Claim[] = [];
  let cursor: string | null = null;
  let grants = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const server = await ServerChild.start(t, [root.path, '--db', db, '--log-level', 'error']);
    await checkClaims(server, claims, saved);
    await settled(server, db, root);
    cursor = await checkEvents(server, cursor);
    grants += claims.length;
    await letGoOfMany(server, random, claims);
    const workers = Array.from({ length: CLIENTS }, (_, index) =>
      work(server, random, claims, `${kill}-${index}`, () => kept),
    );
    // The moment of the kill is what is random here: nothing is waited for.
    const killed = new Promise<void>((resolve) => setTimeout(resolve, random.below(60))).then(() => {
      if (random.next() < 0.5) train();
      server.child.kill('SIGKILL');
    });
    await Promise.all([...workers, killed]);
    await server.child.exit();
  }
  const last = await ServerChild.start(t, [root.path, '--db', db]);
  await checkClaims(last, claims, saved);
  await settled(last, db, root);
  t.diagnostic(`${grants} claims checked, ${saved.size} steps`);
});

/** What was acknowledged holds; what was not is settled by asking again. */
async function checkClaims(
  client: HttpClient,
  claims: Claim[],
  saved: ReadonlyMap<number, ReadonlyMap<string, string>>,
): Promise<void> {
  for (const claim of [...claims]) {
    if (claim.state === 'unacknowledged') await askAgain(client, claim, claims);
    if (claim.state === 'releasing') {
      await client.ok(client.delete(`/leases/${claim.lease.id}`), 204);
      claim.state = 'released';
    }
    if (claim.lease === null) continue;
    const lease = await client.ok(client.get(`/leases/${claim.lease.id}`));
    assert.equal(lease.state, claim.state, `lease ${lease.number}`);
    if (claim.state === 'active')
      assert.deepEqual(treeContents(lease.path), saved.get(claim.step), `lease ${lease.number}`);
    else claims.splice(claims.indexOf(claim), 1);
  }
}

/** The same key gives one lease, whether the first grant was committed or not. */
async function askAgain(client: HttpClient, claim: Claim, claims: Claim[]): Promise<void> {
  const ask = () =>
    client.post('/leases', { step: claim.step, ttl: 3600 }, { headers: { 'idempotency-key': claim.key } });
  const first = await ask();
  if (first.status !== 200 && first.status !== 201) {
    assert.match(first.body.code, /^step_(gone|not_found)$/);
    claims.splice(claims.indexOf(claim), 1);
    return;
  }
  assert.equal((await client.ok(ask())).id, first.body.id);
  claim.lease = first.body;
  claim.state = 'active';
}

/** Snapshots on disk are the ready ones of the database, each held by somebody, and nothing half made is left. */
async function settled(client: HttpClient, db: string, root: CheckpointRoot): Promise<void> {
  for (let look = 0; ; look += 1) {
    const trouble = disagreement(db, root);
    if (trouble === null) return;
    assert.ok(look < 40, trouble);
    // Removals go on after the start: each ends with an event.
    const { cursor } = await client.ok(client.get('/steps'));
    await client.ok(client.get(`/events?after=${cursor}&types=snapshot.deleted&timeout=250ms`));
  }
}

function disagreement(db: string, root: CheckpointRoot): string | null {
  const database = new Database(db, { readonly: true });
  try {
    const snapshots = database.prepare('select id, generation, state from snapshots').all() as Json[]; // rows are plain objects
    const leases = database
      .prepare("select snapshot_id, state from leases where state in ('pending', 'active')")
      .all() as Json[];
    const held = new Set(leases.map((lease) => lease.snapshot_id));
    if (leases.some((lease) => lease.state === 'pending')) return 'a pending lease is left';
    const odd = snapshots.find((snapshot) => snapshot.state !== 'ready' || !held.has(snapshot.id));
    if (odd !== undefined) return `snapshot ${JSON.stringify(odd)} is not ready or not held`;
    const directory = root.at('_STEPLEASE');
    const names = (existsSync(directory) ? readdirSync(directory) : []).filter(
      (name) => !OWN_FILES.includes(name),
    );
    const known = snapshots.map((snapshot) => snapshot.generation);
    return names.sort().join() === known.sort().join() ? null : `on disk ${names}, in the database ${known}`;
  } finally {
    database.close();
  }
}

/** Events follow each other without a gap, across the kill. */
async function checkEvents(client: HttpClient, from: string | null): Promise<string> {
  let cursor = from;
  for (;;) {
    const page = await client.ok(
      client.get(`/events?limit=1000${cursor === null ? '' : `&after=${cursor}`}`),
    );
    for (const event of page.items) {
      if (cursor !== null) assert.equal(position(event.id), position(cursor) + 1);
      cursor = event.id;
    }
    if (!page.more) return page.cursor;
  }
}

const position = (cursor: string) => Number.parseInt(cursor.split('.')[1] ?? '', 36);

async function letGoOfMany(client: HttpClient, random: SeededRandom, claims: Claim[]): Promise<void> {
  for (const claim of claims.filter(() => random.next() < 0.6)) {
    await client.ok(client.delete(`/leases/${claim.lease.id}`), 204);
    claim.state = 'released';
  }
}
