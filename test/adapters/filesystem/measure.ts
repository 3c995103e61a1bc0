/**
 * Not a test: measures the filesystem adapter against `cp -al` and `rm -rf` in the same run.
 * `node dist/test/adapters/filesystem/measure.js [directory]`
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileSystem } from '../../../src/adapters/filesystem/node-file-system.js';
import { systemClock } from '../../../src/adapters/system-clock.js';
import type { FileSystem } from '../../../src/engine/file-system.js';
import type { InspectRequest } from '../../../src/engine/inspection.js';
import { LoopDelay } from '../../support/fs-loop-delay.js';
import { request } from '../../support/fs-step.js';

const ROUNDS = 5;
const root = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'fs-measure-'));
const files = openFileSystem({ clock: systemClock });
try {
  await measureSnapshots(files, join(root, 'large'));
  await measureRoot(files, join(root, 'many'));
} finally {
  await files.close();
  rmSync(root, { recursive: true });
}

async function measureSnapshots(fs: FileSystem, run: string): Promise<void> {
  makeLargeStep(join(run, '1'));
  const home = join(run, '_STEPLEASE');
  await fs.snapshots.claim(home, 'measure');
  const { identity, inventory } = await take(fs, run, '1');
  const times: Record<'cp' | 'build' | 'rm' | 'retire' | 'erase', number[]> = {
    cp: [],
    build: [],
    rm: [],
    retire: [],
    erase: [],
  };
  const loop = new LoopDelay();
  for (let round = 0; round < ROUNDS; round++) {
    const copy = join(run, 'copy');
    execFileSync('sync');
    times.cp.push(await timed(async () => void execFileSync('cp', ['-al', join(run, '1'), copy])));
    execFileSync('sync');
    times.rm.push(await timed(async () => void execFileSync('rm', ['-rf', copy])));
    execFileSync('sync');
    const names = { snapshotDirectory: home, temporaryName: '.tmp-g', stepName: '1', publishedName: 'g' };
    const plan = { ...names, source: join(run, '1'), identity, inventory, immutable: false };
    await loop.start();
    const build = await timed(async () => {
      const result = await fs.snapshots.build({ ...plan, mode: 'hardlink' });
      if (result.outcome !== 'built') throw new Error(JSON.stringify(result));
    });
    loop.stop();
    times.build.push(build);
    execFileSync('sync');
    await loop.start();
    times.retire.push(
      await timed(async () => {
        await fs.snapshots.retire({ snapshotDirectory: home, name: 'g', trashName: '.trash-g' });
      }),
    );
    times.erase.push(await timed(async () => void (await fs.snapshots.erase(home, '.trash-g'))));
    loop.stop();
  }
  const [cp, build, rm, retire, erase] = [times.cp, times.build, times.rm, times.retire, times.erase].map(
    median,
  );
  say(`cp -al, 20,000 files: ${ms(cp)}; build: ${ms(build)}; ratio ${ratio(build, cp)}`);
  say(
    `rm -rf: ${ms(rm)}; retire ${ms(retire)} + erase ${ms(erase)}; ratio ${ratio((retire ?? 0) + (erase ?? 0), rm)}`,
  );
  say(`event-loop delay meanwhile: ${loop}`);
}

async function measureRoot(fs: FileSystem, run: string): Promise<void> {
  const steps = 10_000;
  for (let step = 0; step < steps; step++) makeSmallStep(join(run, String(step)));
  // Otherwise the kernel is still busy writing all that while it is looked at.
  execFileSync('sync');
  const list = await many(async () => void (await fs.list(run, null)));
  say(`list of ${steps} steps: ${ms(list)}`);
  const requests = Array.from({ length: steps }, (_, step): InspectRequest => {
    return request(String(step), 'look');
  });
  const loop = new LoopDelay();
  await loop.start();
  const look = await many(async () => void (await fs.inspect(run, requests)));
  loop.stop();
  say(`look at ${steps} steps: ${ms(look)}; event-loop delay ${loop}`);
  let next = 0;
  const inventory = await many(async () => void (await take(fs, run, String(next++))));
  say(`inventory of a 12-file step: ${ms(inventory)}`);
}

async function take(fs: FileSystem, run: string, name: string) {
  const [step] = await fs.inspect(run, [request(name, 'inventory')]);
  if (step?.outcome !== 'present' || !step.content?.inventory) throw new Error(JSON.stringify(step));
  return { identity: step.identity, inventory: step.content.inventory };
}

function makeLargeStep(step: string): void {
  for (let part = 0; part < 20; part++) {
    const directory = join(step, 'default', `ocdbt.process_${part}`, 'd');
    mkdirSync(directory, { recursive: true });
    for (let file = 0; file < 1000; file++) writeFileSync(join(directory, `${part}-${file}`), 'x');
  }
}

function makeSmallStep(step: string): void {
  mkdirSync(join(step, 'default', 'd'), { recursive: true });
  mkdirSync(join(step, 'metrics'));
  const metadata = {
    item_handlers: { default: 'h', metrics: 'h' },
    metrics: {},
    performance_metrics: {},
    init_timestamp_nsecs: 1,
    commit_timestamp_nsecs: 2,
    custom_metadata: {},
  };
  writeFileSync(join(step, '_CHECKPOINT_METADATA'), JSON.stringify(metadata));
  writeFileSync(join(step, 'metrics', 'metrics'), '{"loss": 0.5}');
  for (const name of ['_METADATA', '_sharding', 'manifest.ocdbt'])
    writeFileSync(join(step, 'default', name), 'x');
  for (let file = 0; file < 7; file++) writeFileSync(join(step, 'default', 'd', String(file)), 'x');
}

async function many(work: () => Promise<void>): Promise<number | undefined> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await timed(work));
  return median(times);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function median(times: readonly number[]): number | undefined {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
}

function ms(value: number | undefined): string {
  return `${value?.toFixed(1)} ms`;
}

function ratio(ours: number | undefined, theirs: number | undefined): string {
  return ((ours ?? Number.NaN) / (theirs ?? Number.NaN)).toFixed(2);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
