import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { RestoreWorkerClient } from '../../../src/adapters/restore/restore-worker-client.js';
import { systemClock } from '../../../src/adapters/system-clock.js';

/**
 *     STEPLEASE_TEST_PYTHON=…/bin/python node measure.js [LEAVES] [ROUNDS]
 *
 * Writes a checkpoint of so many leaves with real Orbax, then lets real Orbax (metadata and construct_restore_args,
 * imports aside) and this reader (cold: a new thread each time, started ahead as the server does it) describe it in turns. Prints
 * medians, the memory of this process, and the delay of its event loop meanwhile.
 */
const PYTHON = environment('STEPLEASE_TEST_PYTHON') ?? 'python3';
const LEAVES = process.argv[2] ?? '5000';
const ROUNDS = Number(process.argv[3] ?? '3');
const SCRIPT = join(import.meta.dirname, '../../../../test/scenarios/restore/large.py');

const directory = mkdtempSync(join(tmpdir(), 'restore-large-'));
try {
  python(LEAVES);
  const orbax: number[] = [];
  const cold: number[] = [];
  const again: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const idle = monitorEventLoopDelay({ resolution: 1 });
  let bytes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const told = JSON.parse(python(LEAVES, '--time', '--answer', join(directory, 'orbax.json')));
    orbax.push(told.seconds * 1000);
    const client = new RestoreWorkerClient({ clock: systemClock });
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
    if (round === 0) compare(await ask(client), join(directory, 'orbax.json'));
    await client.close();
  }
  const result = {
    leaves: Number(LEAVES),
    orbax_ms: median(orbax),
    cold_ms: median(cold),
    next_ms: median(again),
    times_faster_cold: Number((median(orbax) / median(cold)).toFixed(1)),
    event_loop_delay_p99_ms: p99(delay),
    event_loop_delay_p99_idle_ms: p99(idle),
    peak_memory_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    answer_bytes: bytes,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
} finally {
  rmSync(directory, { recursive: true });
}

function python(...args: string[]): string {
  return execFileSync(PYTHON, ['-B', SCRIPT, directory, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

async function ask(client: RestoreWorkerClient): Promise<Buffer> {
  const task = { kind: 'restore_args', item: null, setGlobalShape: true, strict: true } as const;
  return Buffer.concat((await client.run({ ...task, directory: join(directory, '1') })).json);
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
