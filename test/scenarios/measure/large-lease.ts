/**
 * Grant and release of a step of 20,000 files, beside `cp -al` and `rm -rf` in the same run, and the event loop meanwhile.
 *
 *     node dist/test/scenarios/measure/large-lease.js [FILES] [ROUNDS]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { LoopDelay } from '../../support/fs-loop-delay.js';
import { measuringFolder, percentile, print, startMeasured } from './app.js';

const FILES = Number(process.argv[2] ?? 20_000);
const ROUNDS = Number(process.argv[3] ?? 5);
const folder = measuringFolder();
const root = join(folder, 'run');
for (let directory = 0; directory < 20; directory += 1) {
  const path = join(root, 'writing', 'default', `d${directory}`);
  mkdirSync(path, { recursive: true });
  for (let file = 0; file < FILES / 20; file += 1)
    writeFileSync(join(path, `chunk-${file}`), `${directory}.${file}`);
}
writeFileSync(join(root, 'writing', 'commit_success.txt'), '');
renameSync(join(root, 'writing'), join(root, '1'));
execFileSync('sync');

const { client, close } = await startMeasured(folder, root);
await client.ok(client.get('/steps/1'));
const timed = async (work: () => unknown): Promise<number> => {
  const at = performance.now();
  await work();
  return performance.now() - at;
};
const times: Record<'cp' | 'rm' | 'grant' | 'release' | 'erased', number[]> = {
  cp: [],
  rm: [],
  grant: [],
  release: [],
  erased: [],
};
const delay = new LoopDelay();
/** Otherwise the kernel is still writing what the one before made, while the next is timed. */
const settle = () => execFileSync('sync');
for (let round = 0; round < ROUNDS; round += 1) {
  settle();
  times.cp.push(await timed(() => execFileSync('cp', ['-al', join(root, '1'), join(folder, 'copy')])));
  settle();
  times.rm.push(await timed(() => execFileSync('rm', ['-rf', join(folder, 'copy')])));
  settle();
  await delay.start();
  let id = '';
  times.grant.push(
    await timed(async () => {
      id = (await client.ok(client.post('/leases', { step: 1 }), 201)).id;
    }),
  );
  delay.stop();
  settle();
  await delay.start();
  const released = performance.now();
  times.release.push(await timed(() => client.ok(client.delete(`/leases/${id}`), 204)));
  const { cursor } = await client.ok(client.get('/steps'));
  const trash = () =>
    existsSync(join(root, '_STEPLEASE')) &&
    readdirSync(join(root, '_STEPLEASE')).some((name) => name.startsWith('.trash'));
  while (trash()) await client.ok(client.get(`/events?after=${cursor}&types=snapshot.deleted&timeout=1`));
  times.erased.push(performance.now() - released);
  delay.stop();
}
const medians = Object.fromEntries(
  Object.entries(times).map(([name, values]) => [`${name}_ms`, percentile(values, 0.5)]),
);
print({
  measure: 'large lease',
  files: FILES,
  ...medians,
  grant_to_cp: percentile(times.grant, 0.5) / percentile(times.cp, 0.5),
  erased_to_rm: percentile(times.erased, 0.5) / percentile(times.rm, 0.5),
  loop_delay: String(delay),
});
await close();
process.exit();
