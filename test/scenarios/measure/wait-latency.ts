/**
 * From the rename of a step to the answer of `GET /wait`, beside Orbax's own `wait_for_new_checkpoint` in the same run.
 *
 *     STEPLEASE_TEST_PYTHON=…/bin/python node dist/test/scenarios/measure/wait-latency.js [RENAMES]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, renameSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as rest } from 'node:timers/promises';
import { fixturePath } from '../../support/fixtures.js';
import { measuringFolder, percentile, print } from './app.js';
import { ServerProcess } from './server-process.js';

const RENAMES = Number(process.argv[2] ?? 200);
const ORBAX_RENAMES = 12;
const ORBAX = `
import sys
from etils import epath
from orbax.checkpoint import checkpoint_utils
root = epath.Path(sys.argv[1])
until = 1
print('ready', flush=True)
while True:
  with checkpoint_utils.wait_for_new_checkpoint(root, until_step=until) as step:
    print(step, flush=True)
    until = step + 1
`;

const folder = measuringFolder();
const server = await ServerProcess.start(folder);
const agent = new Agent({ keepAlive: true });

function wait(until: number): Promise<number> {
  return new Promise((resolve, reject) => {
    get(`${server.base}/wait?until=${until}&timeout=30`, { agent }, (response) => {
      response.resume();
      response.on('end', () => resolve(performance.now()));
    }).on('error', reject);
  });
}

function write(root: string, step: number): () => number {
  const temporary = join(root, `${step}.orbax-checkpoint-tmp`);
  cpSync(fixturePath('plain/100'), temporary, { recursive: true });
  return () => {
    const at = performance.now();
    renameSync(temporary, join(root, String(step)));
    return at;
  };
}

async function measureService(): Promise<number[]> {
  const latencies: number[] = [];
  for (let step = 1; step <= RENAMES; step += 1) {
    const publish = write(server.root, step);
    const answered = wait(step);
    // Evaluators wait long before a step comes; renames do not keep time with anything.
    await rest(40 + Math.random() * 40);
    const at = publish();
    latencies.push((await answered) - at);
  }
  return latencies;
}

async function measureOrbax(python: string): Promise<number[]> {
  const root = join(folder, 'orbax');
  mkdirSync(root);
  const child = spawn(python, ['-c', ORBAX, root], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, JAX_PLATFORMS: 'cpu' },
  });
  const lines = createInterface({ input: child.stdout });
  await once(lines, 'line');
  const latencies: number[] = [];
  for (let step = 1; step <= ORBAX_RENAMES; step += 1) {
    const publish = write(root, step);
    await rest(500 + Math.random() * 1_000);
    const known = once(lines, 'line');
    const at = publish();
    await known;
    latencies.push(performance.now() - at);
  }
  child.kill();
  return latencies;
}

const summary = (ms: readonly number[]) => ({
  renames: ms.length,
  p50_ms: percentile(ms, 0.5),
  p99_ms: percentile(ms, 0.99),
  max_ms: Math.max(...ms),
});
const service = summary(await measureService());
const python = process.env['STEPLEASE_TEST_PYTHON'];
print({
  measure: 'rename to answer',
  steplease: service,
  orbax: python === undefined ? null : summary(await measureOrbax(python)),
});
await server.stop();
process.exit();
