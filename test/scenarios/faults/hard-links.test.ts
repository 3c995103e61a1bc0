import assert from 'node:assert/strict';
import { chmodSync, chownSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CheckpointRoot } from '../../support/checkpoint-root.js';
import type { Json } from '../../support/http-client.js';
import { ServerChild } from '../../support/server-child.js';
import { treeContents } from '../../support/tree-contents.js';
import { agree } from '../crash/agreement.js';
import { OTHER_UID, obstacleToAnotherUser, sharedRoot } from './other-user.js';

const skip = obstacleToAnotherUser() ?? false;

test("where the kernel forbids links to the trainer's files, the run warns, and a grant fails with errno and remedy", {
  skip,
}, async (t) => {
  const { root, db } = sharedRoot(t);
  root.save(1);
  const server = await ServerChild.startAs(t, OTHER_UID, [root.path, '--db', db]);

  const warning = await onlyWarning(server);
  assert.equal(warning.code, 'hard_links_not_permitted');
  assert.match(warning.detail, /hard links are not permitted: .*belongs to another user.*EPERM/s);
  assert.match(warning.hint, /trainer's user|umask/);

  const problem = await server.problem(server.post('/leases', { step: 1 }), 409, 'snapshot_failed');
  assert.equal(problem.errno, 'EPERM');
  assert.match(
    problem.detail,
    /run steplease as the trainer.s user, or give the trainer a group-writable umask/,
  );

  await agree(server, { db, snapshots: root.at('_STEPLEASE') });
  assert.deepEqual(await granted(server), []);
  server.child.kill('SIGTERM');
  assert.equal(await server.child.exit(), 0);
});

test('the remedy that it names helps: files that the server may write are linked, and the warning goes', {
  skip,
}, async (t) => {
  const { root, db } = sharedRoot(t);
  root.save(1);
  const server = await ServerChild.startAs(t, OTHER_UID, [root.path, '--db', db]);
  await onlyWarning(server);
  const saved = treeContents(saveWritable(root, 2));

  const lease = await server.ok(server.post('/leases', { until: 2 }), 201);

  assert.deepEqual(treeContents(lease.path), saved);
  assert.deepEqual((await server.ok(server.get('/runs/default'))).warnings, []);
  await server.ok(server.delete(`/leases/${lease.id}`), 204);
  server.child.kill('SIGTERM');
  assert.equal(await server.child.exit(), 0);
});

test('a root that the server must not write into is warned of, and a grant fails with errno and remedy', {
  skip,
}, async (t) => {
  const { root, db } = sharedRoot(t);
  chownSync(root.path, 0, 0);
  root.save(1);
  const server = await ServerChild.startAs(t, OTHER_UID, [root.path, '--db', db]);

  assert.match((await onlyWarning(server)).detail, /not writable.*EACCES/s);

  const problem = await server.problem(server.post('/leases', { step: 1 }), 409, 'snapshot_failed');
  assert.equal(problem.errno, 'EACCES');
  assert.match(problem.detail, /run it as the trainer.s user, or give its group the right/);
  assert.deepEqual(readdirSync(root.path), ['1']);
  server.child.kill('SIGTERM');
  assert.equal(await server.child.exit(), 0);
});

async function onlyWarning(server: ServerChild): Promise<Json> {
  const { warnings } = await server.ok(server.get('/runs/default'));
  assert.equal(warnings.length, 1, JSON.stringify(warnings));
  return warnings[0];
}

async function granted(server: ServerChild): Promise<readonly Json[]> {
  return (await server.ok(server.get('/leases?state=all'))).items;
}

/** As a trainer with umask 0 does. */
function saveWritable(root: CheckpointRoot, step: number): string {
  const temporary = root.write(step);
  for (const entry of readdirSync(temporary, { recursive: true, withFileTypes: true })) {
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o777 : 0o666);
  }
  renameSync(temporary, root.at(step));
  return root.at(step);
}
