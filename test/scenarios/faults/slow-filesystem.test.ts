import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import { ServerChild } from '../../support/server-child.js';
import { obstacleToTracing, Strace } from '../../support/strace.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { treeContents } from '../../support/tree-contents.js';
import { agree } from '../crash/agreement.js';

/** A look takes milliseconds; this one would take a minute. */
const HANGS_MS = 3_000;
const skip = obstacleToTracing() ?? false;

test('while every hard link takes seconds a grant takes its time, and everybody else is answered', {
  skip,
}, async (t) => {
  const { root, places, server } = await begin(t);
  const contents = treeContents(root.save(1));
  await server.ok(server.get('/wait?until=1'));
  const trouble = await Strace.attach(t, server.child.process.pid, {
    calls: 'link,linkat',
    injection: 'delay_enter=2s',
  });

  let isGranted = false;
  const grant = server.ok(server.post('/leases', { step: 1 }), 201).finally(() => {
    isGranted = true;
  });
  for (let count = 0; count < 10; count += 1) {
    await server.ok(server.get('/livez'));
    await server.ok(server.get('/steps'));
  }
  root.save(2);
  assert.equal((await server.ok(server.get('/wait?until=2'))).step, 2);
  assert.equal(isGranted, false, 'nobody waits for the grant');

  await trouble.detach();
  assert.deepEqual(treeContents((await grant).path), contents);
  await agree(server, places);
});

test('a client that gives up on a grant that hangs leaves no lease behind, once the filesystem answers again', {
  skip,
}, async (t) => {
  const { root, places, server } = await begin(t);
  root.save(1);
  await server.ok(server.get('/wait?until=1'));
  const trouble = await Strace.attach(t, server.child.process.pid, {
    calls: 'link,linkat',
    injection: 'delay_enter=60s',
  });
  const hangUp = new AbortController();
  const grant = server.post('/leases', { step: 1 }, { signal: hangUp.signal });
  while (!existsSync(places.snapshots)) await server.ok(server.get('/livez'));

  hangUp.abort();
  await assert.rejects(grant);
  await server.ok(server.get('/livez'));
  await trouble.detach();

  await agree(server, places);
  await server.ok(server.post('/leases', { step: 1 }), 201);
});

test('a root that does not answer keeps nobody from being told to stop: SIGTERM ends the server in bounded time, and leases survive', {
  skip,
}, async (t) => {
  const { root, places, server, args } = await begin(t);
  const contents = treeContents(root.save(1));
  const lease = await server.ok(server.post('/leases', { until: 1, ttl: 600 }), 201);
  const calls = 'open,openat';
  const trouble = await Strace.attach(t, server.child.process.pid, {
    calls,
    injection: 'delay_enter=60s',
    path: root.path,
  });
  const waiting = server.get('/wait?until=2&timeout=60');
  await server.child.until('stderr', /"wait started"/);
  const looking = await untilALookHangs(server, root);

  server.child.kill('SIGTERM');
  await server.problem(waiting, 503, 'shutting_down');
  await server.child.until('stderr', /could not close in time/);
  // strace holds on to a thread that it delays, even when that is killed.
  await trouble.detach();
  assert.equal(await server.child.exit(), 'SIGKILL', server.child.stderr);
  await Promise.all(looking);

  const second = await ServerChild.start(t, args);
  assert.equal((await second.ok(second.get(`/leases/${lease.id}`))).state, 'active');
  assert.deepEqual(treeContents(lease.path), contents);
  await agree(second, places);
});

/** A root that did not change is not opened again: so it changes before each look, until one is not answered. */
async function untilALookHangs(
  server: ServerChild,
  root: CheckpointRoot,
): Promise<readonly Promise<unknown>[]> {
  const looks: Promise<unknown>[] = [];
  for (;;) {
    mkdirSync(root.at(`change-${looks.length}`));
    const look = server.get('/wait?until=2&timeout=0').catch(() => null);
    looks.push(look);
    if ((await Promise.race([look, setTimeout(HANGS_MS, 'hangs')])) === 'hangs') return looks;
  }
}

async function begin(t: test.TestContext) {
  const root = CheckpointRoot.make(t);
  const places = { db: join(temporaryFolder(t), 'db'), snapshots: root.at('_STEPLEASE') };
  const args = [root.path, '--db', places.db, '--log-level', 'debug'];
  return { root, places, args, server: await ServerChild.start(t, args) };
}
