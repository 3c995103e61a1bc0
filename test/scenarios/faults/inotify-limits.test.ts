import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import { MAIN, ServerChild } from '../../support/server-child.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** Limits of a user namespace of its own: nobody else on this machine meets them. */
const under = (limit: string) =>
  ['unshare', '-Ur', 'sh', '-c', `echo 0 > /proc/sys/user/${limit} && exec "$@"`, 'sh'] as const;

for (const limit of ['max_inotify_instances', 'max_inotify_watches']) {
  test(`with ${limit} used up a run is polled, says so with the remedy, and finds steps within the poll interval`, async (t) => {
    const [program, ...words] = under(limit);
    const probe = spawnSync(program, [...words, process.execPath, '--check', MAIN], { encoding: 'utf8' });
    if (probe.status !== 0)
      return t.skip(`no user namespaces: ${probe.error?.message ?? probe.stderr.trim()}`);
    const root = CheckpointRoot.make(t);
    const args = [root.path, '--db', join(temporaryFolder(t), 'db'), '--poll-interval', '200ms'];
    const server = await ServerChild.startBy(t, under(limit), args);

    const { watch, warnings } = await server.ok(server.get('/runs/default'));
    assert.deepEqual([watch.mode, watch.degraded], ['poll', true]);
    assert.equal(warnings[0].code, 'watch_degraded');
    assert.match(warnings[0].detail, /inotify.*raise fs\.inotify\./s);
    const wait = server.get('/wait?until=1&timeout=20');
    root.save(1);
    assert.equal((await server.ok(wait)).step, 1);
    server.child.kill('SIGTERM');
    assert.equal(await server.child.exit(), 0);
  });
}
