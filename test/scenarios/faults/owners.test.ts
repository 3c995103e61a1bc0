import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import { Child } from '../../support/child.js';
import { MAIN } from '../../support/server-child.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const SERVERS = 6;

test('of many servers that start on one new database at once, by any name of it, one serves and the others exit 2', async (t) => {
  const root = CheckpointRoot.make(t);
  const folder = temporaryFolder(t);
  symlinkSync(folder, join(folder, 'alias'));
  const servers = Array.from({ length: SERVERS }, (_, index) => {
    const db = join(folder, index % 2 === 0 ? '' : 'alias', 'db');
    return new Child(t, MAIN, ['serve', root.path, '--port', '0', '--db', db]);
  });
  const listening = (child: Child) =>
    child.until('stdout', /^steplease listening on \S+\n/).then(() => child);
  const winner = await Promise.any(servers.map(listening));
  for (const loser of servers.filter((server) => server !== winner)) {
    assert.equal(await loser.exit(), 2, loser.stderr);
    assert.ok(loser.stderr.includes(join(folder, 'db')), loser.stderr);
    assert.equal(loser.stdout, '');
  }
  winner.kill('SIGTERM');
  assert.equal(await winner.exit(), 0);
});
