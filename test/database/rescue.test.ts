import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { Database } from '../../src/adapters/sqlite/better-sqlite3.js';
import { databaseCare } from '../../src/database-care.js';
import { openTokenDesk } from '../../src/token-desk.js';
import { eventually } from '../support/eventually.js';
import { LivedDatabase } from './lived-database.js';

const DAMAGE: Readonly<Record<string, (file: string) => void>> = {
  'pages with other bits': (file) => writeFileSync(file, readFileSync(file).fill(0x5a, 4096, 60_000)),
  'a truncated file': (file) => truncateSync(file, 20_000),
  'a text file': (file) => writeFileSync(file, 'no database\n'.repeat(1000)),
};

/** Damages what the tokens do not lie in. */
function overwriteIndexOf(table: string, file: string): void {
  const database = new Database(file);
  database.pragma('wal_checkpoint(truncate)');
  const root = database
    .prepare("select rootpage from sqlite_schema where type = 'index' and tbl_name = ? limit 1")
    .pluck()
    .get(table);
  const size = Number(database.pragma('page_size', { simple: true }));
  database.close();
  const start = (Number(root) - 1) * size;
  writeFileSync(file, readFileSync(file).fill(0x5a, start, start + size));
}

for (const [what, damage] of Object.entries(DAMAGE)) {
  test(`${what}: refused by serve and kept, and rebuilt with what lies on the disk leased`, async (t) => {
    const lived = await LivedDatabase.make(t);
    damage(lived.file);
    const damaged = readFileSync(lived.file);

    await assert.rejects(lived.serve(t), /left as it is: .*"steplease db rebuild --db/);
    assert.deepEqual(readFileSync(lived.file), damaged);
    const { kept, directories } = await lived.rescue('rebuild', {
      roots: [lived.root.path],
      isOwnerGone: true,
    });

    assert.deepEqual(readFileSync(kept ?? ''), damaged);
    assert.deepEqual(directories, [{ run: 'default', directory: lived.root.at('_STEPLEASE'), snapshots: 1 }]);
    const server = await lived.serve(t);
    const { items } = await server.ok(server.get('/leases'));
    assert.deepEqual(
      items.map(({ path, holder, ttl }: { path: string; holder: string; ttl: number }) => [
        path,
        holder,
        ttl,
      ]),
      [[lived.path, 'steplease db', 600]],
    );
    assert.ok(existsSync(lived.path));
  });
}

for (const isRevoked of [false, true]) {
  test(`tokens of a damaged file are taken over, ${isRevoked ? 'and a server that has none left stays closed' : 'and go on'}`, async (t) => {
    const lived = await LivedDatabase.make(t);
    const desk = await openTokenDesk(lived.file, false);
    const wish = { name: 'root', scope: 'admin', runs: ['*'], expiresIn: null } as const;
    const { token } = await desk.create(wish);
    if (isRevoked) await desk.revoke('root');
    await desk.close();
    overwriteIndexOf('leases', lived.file);

    await lived.rescue('rebuild', { roots: [lived.root.path], isOwnerGone: true });

    const server = await lived.serve(t);
    await server.problem(server.get('/runs'), 401, 'unauthorized');
    server.token = token;
    assert.equal((await server.get('/runs')).status, isRevoked ? 401 : 200);
  });
}

test('a lost file is rebuilt: snapshots stay for the longest TTL and then go, numbers and cursors go on as new ones', async (t) => {
  const lived = await LivedDatabase.make(t);
  rmSync(lived.file);
  const [old = ''] = lived.snapshots();

  await lived.rescue('rebuild', { roots: [lived.root.path], ttlMs: 1_000, isOwnerGone: true });
  const server = await lived.serve(t);
  const fresh = await server.ok(server.post('/leases', { step: 1, timeout: 30 }), 201);

  assert.notEqual(fresh.path, lived.path);
  assert.ok(numberOf(fresh.path) > numberOf(`${old}/1`));
  await server.problem(server.get(`/events?after=${lived.cursor}`), 410, 'cursor_expired');
  assert.ok(await eventually(() => !existsSync(lived.path)), 'the old snapshot goes after its TTL');
  assert.ok(existsSync(fresh.path));
});

test('a database that is whole is kept, and a repeated rebuild changes nothing', async (t) => {
  const lived = await LivedDatabase.make(t);

  const first = await lived.rescue('rebuild');
  const second = await lived.rescue('rebuild');

  assert.equal(first.kept, null);
  assert.deepEqual(second, first);
  const server = await lived.serve(t);
  const { items } = await server.ok(server.get('/leases'));
  assert.equal(items.length, 2, 'the lease that is known, and one for readers that may not be');
  await server.ok(server.post(`/leases/${lived.leaseId}/renew`, {}));
});

test('an older copy put in the place by hand is refused, and rebuilt without a loss', async (t) => {
  const lived = await LivedDatabase.make(t);
  const older = readFileSync(lived.file);
  const server = await lived.serve(t);
  const later = await server.ok(server.post('/leases', { step: 2, ttl: 500 }), 201);
  await server.stop();
  writeFileSync(lived.file, older);

  await assert.rejects(lived.serve(t), /is older than .*"steplease db rebuild" keeps its rows/);
  const { kept } = await lived.rescue('rebuild');

  assert.deepEqual(readFileSync(kept ?? ''), older);
  const again = await lived.serve(t);
  await again.ok(again.post(`/leases/${lived.leaseId}/renew`, {}));
  assert.ok(existsSync(later.path), 'what was leased after the copy is kept');
  const fresh = await again.ok(again.post('/leases', { step: 2 }), 201);
  assert.ok(numberOf(fresh.path) > numberOf(later.path));
});

test('restore puts a backup in the place, keeps the old file and everything that may be read, and ends old cursors', async (t) => {
  const lived = await LivedDatabase.make(t);
  const backup = `${lived.file}.backup`;
  await databaseCare.backUp(lived.file, backup);
  const server = await lived.serve(t);
  const later = await server.ok(server.post('/leases', { step: 2, ttl: 500 }), 201);
  await server.stop();

  const { kept } = await lived.rescue('restore', { backup });

  assert.ok(kept !== null && existsSync(kept));
  const again = await lived.serve(t);
  await again.ok(again.post(`/leases/${lived.leaseId}/renew`, {}));
  await again.problem(again.get(`/leases/${later.id}`), 404, 'lease_not_found');
  await again.problem(again.get(`/events?after=${lived.cursor}`), 410, 'cursor_expired');
  assert.ok(existsSync(lived.path) && existsSync(later.path));
  assert.deepEqual(
    (await databaseCare.check(lived.file)).filter(({ verdict }) => verdict === 'bad'),
    [],
  );
});

test('the database of another program, and one of a newer version, are never replaced', async (t) => {
  const lived = await LivedDatabase.make(t);
  const own = readFileSync(lived.file);
  const edit = (sql: string) => {
    const raw = new Database(lived.file);
    raw.exec(sql);
    raw.close();
  };
  edit(`insert into kysely_migration values ('9999_future', '2031-01-01T00:00:00.000Z')`);
  const newer = readFileSync(lived.file);
  await assert.rejects(lived.serve(t), /newer version of steplease .*start that version/);
  await assert.rejects(lived.rescue('rebuild'), { name: 'StorageError', kind: 'newer' });
  assert.deepEqual(readFileSync(lived.file), newer);

  writeFileSync(lived.file, own);
  edit('pragma application_id = 7');
  const foreign = readFileSync(lived.file);
  await assert.rejects(lived.serve(t), /belongs to another program/);
  await assert.rejects(lived.rescue('rebuild'), { name: 'StorageError', kind: 'foreign' });
  assert.deepEqual(readFileSync(lived.file), foreign);
});

test('adopt takes over what another database lost, and refuses where it cannot tell that the other is gone', async (t) => {
  const lost = await LivedDatabase.make(t);
  const other = await LivedDatabase.make(t);
  const request = { roots: [lost.root.path], run: 'theirs' };

  await assert.rejects(other.rescue('adopt', request), /may be another server's: .*--owner-is-gone/);
  assert.ok(readFileSync(lost.root.at('_STEPLEASE/owner.json'), 'utf8').length > 0);
  const taken = await other.rescue('adopt', { ...request, isOwnerGone: true });

  assert.deepEqual(taken.directories, [
    { run: 'theirs', directory: lost.root.at('_STEPLEASE'), snapshots: 1 },
  ]);
  assert.deepEqual(
    (await other.rescue('adopt', request)).directories,
    taken.directories,
    'again: nothing new',
  );
  const server = await other.serve(t);
  const { items } = await server.ok(server.get('/leases?run=theirs'));
  assert.deepEqual(
    items.map(({ path }: { path: string }) => path),
    [lost.path],
  );
  await server.ok(server.post('/leases?run=theirs', { step: 2, timeout: 30 }), 201);
});

test('a directory of runs stands for those in it that have a snapshot directory', async (t) => {
  const lived = await LivedDatabase.make(t);
  rmSync(lived.file);
  const parent = lived.root.path.slice(0, lived.root.path.lastIndexOf('/'));

  const { directories } = await lived.rescue('rebuild', { roots: [parent], isOwnerGone: true });

  assert.deepEqual(
    directories.map(({ directory }) => directory),
    [lived.root.at('_STEPLEASE')],
  );
  await assert.rejects(lived.rescue('adopt', { roots: ['/none'] }), /nothing to take over/);
});

test('layout orbax: what lies in _SNAPSHOTS is kept as well', async (t) => {
  const lived = await LivedDatabase.make(t);
  const taken = lived.root.at('_SNAPSHOTS');
  const other = await LivedDatabase.make(t);
  rmSync(lived.root.at('_STEPLEASE'), { recursive: true });
  rmSync(lived.file);
  const orbax = await lived.serve(t, { snapshot_layout: 'orbax' });
  const lease = await orbax.ok(orbax.post('/leases', { step: 2, ttl: 500 }), 201);
  await orbax.stop();

  const { directories } = await other.rescue('adopt', { roots: [lived.root.path], isOwnerGone: true });

  assert.deepEqual(
    directories.map(({ directory, snapshots }) => [directory, snapshots]),
    [[taken, 1]],
  );
  const adopted = await other.serve(t);
  const { items } = await adopted.ok(adopted.get('/leases'));
  assert.ok(items.some(({ path }: { path: string }) => path === lease.path));
  assert.ok(existsSync(lease.path));
});

function numberOf(path: string): number {
  return Number(/\.([0-9]+)\/[^/]+$/.exec(path)?.[1]);
}
