import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { ReaderProcess } from '../../../src/adapters/restore/reader-process.js';
import { systemClock } from '../../../src/adapters/system-clock.js';

/**
 *     STEPLEASE_TEST_PYTHON=…/bin/python node measure.js [LEAVES] [ROUNDS]
 *
 * Writes a checkpoint of so many leaves with real Orbax (more than 50,000 in Orbax's form without it, which would take many minutes, and then
 * only this reader describes it), then lets real Orbax (metadata and construct_restore_args,
 * imports aside) and this reader (cold: a new process each time, started ahead as the server does it) describe it in turns. Prints
 * medians, the memory of the reader, and the delay of this process's event loop meanwhile.
 */
const PYTHON = environment('STEPLEASE_TEST_PYTHON') ?? 'python3';
const LEAVES = process.argv[2] ?? '5000';
const ROUNDS = Number(process.argv[3] ?? '3');
const IS_HUGE = Number(LEAVES) > 50_000;
const SCRIPT = join(
  import.meta.dirname,
  '../../../../test/scenarios/restore',
  IS_HUGE ? 'huge.py' : 'large.py',
);

const directory = mkdtempSync(join(tmpdir(), 'restore-large-'));
try {
  python(...(IS_HUGE ? [join(directory, '1')] : [directory]), LEAVES);
  const orbax: number[] = [];
  const cold: number[] = [];
  const again: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const idle = monitorEventLoopDelay({ resolution: 1 });
  let bytes = 0;
  let peak = 0;
  for (let round = 0; round < ROUNDS; round++) {
    if (!IS_HUGE) {
      const told = JSON.parse(python(directory, LEAVES, '--time', '--answer', join(directory, 'orbax.json')));
      orbax.push(told.seconds * 1000);
    }
    const client = new ReaderProcess({ clock: systemClock });
    client.warmUp();
    await sleep(1000);
    idle.enable();
    await sleep(1000);
    idle.disable();
    delay.enable();
    cold.push(
      await timed(async () => {
        bytes = (await ask(client)).length;
      }),
    );
    again.push(await timed(() => ask(client)));
    delay.disable();
    // Looking at the memory takes time, and the process of a long answer ends with it.
    const answer = await ask(client, () => {
      peak = Math.max(peak, peakOfChildren());
    });
    if (round === 0 && !IS_HUGE) compare(answer, join(directory, 'orbax.json'));
    await client.close();
  }
  const result = {
    leaves: Number(LEAVES),
    orbax_ms: IS_HUGE ? null : median(orbax),
    cold_ms: median(cold),
    next_ms: median(again),
    times_faster_cold: IS_HUGE ? null : Number((median(orbax) / median(cold)).toFixed(1)),
    event_loop_delay_p99_ms: p99(delay),
    event_loop_delay_p99_idle_ms: p99(idle),
    reader_peak_memory_mb: peak,
    answer_bytes: bytes,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
} finally {
  rmSync(directory, { recursive: true });
}

function python(...args: string[]): string {
  return execFileSync(PYTHON, ['-B', SCRIPT, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

async function ask(client: ReaderProcess, look: () => void = () => undefined): Promise<Buffer> {
  const task = { kind: 'restore_args', item: null, setGlobalShape: true, strict: true } as const;
  const pieces: Uint8Array[] = [];
  const { json } = await client.run({ ...task, directory: join(directory, '1') });
  for await (const piece of json) {
    if (pieces.length % 500 === 0) look();
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The histogram counts from the last tick: its resolution is no delay. */
function p99(histogram: { percentile(p: number): number }): number {
  return Number((histogram.percentile(99) / 1e6 - 1).toFixed(2));
}

/** Most memory in MB that a child of this process has held so far. */
function peakOfChildren(): number {
  const statuses = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => statusOf(pid))
    .filter((status) => status.includes(`\nPPid:\t${process.pid}\n`));
  return Math.max(...statuses.map((status) => Math.round(Number(/VmHWM:\s*(\d+)/.exec(status)?.[1]) / 1024)));
}

function statusOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

function median(values: readonly number[]): number {
  return Math.round([...values].sort((a, b) => a - b)[values.length >> 1] ?? 0);
}

function compare(json: Buffer, file: string): void {
  const same = isDeepStrictEqual(JSON.parse(json.toString()), JSON.parse(readFileSync(file, 'utf8')));
  if (!same) throw new Error('the answers differ');
}

function environment(name: string): string | undefined {
  return process.env[name];
}
