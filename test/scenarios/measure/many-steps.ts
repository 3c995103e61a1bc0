/**
 * The first list of a run with 10,000 steps, from its registration on, and the event loop meanwhile.
 *
 *     node dist/test/scenarios/measure/many-steps.js [STEPS]
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as rest } from 'node:timers/promises';
import { fixturePath } from '../../support/fixtures.js';
import { LoopDelay } from '../../support/fs-loop-delay.js';
import { measuringFolder, print, startMeasured } from './app.js';

const STEPS = Number(process.argv[2] ?? 10_000);
const folder = measuringFolder();
const root = join(folder, 'run');
mkdirSync(root);
cpSync(fixturePath('plain/100'), join(root, '1'), { recursive: true });
// Each step is a directory tree of its own; only the bytes of its files are shared.
execFileSync('bash', [
  '-c',
  `cd ${root} && seq 2 ${STEPS} | xargs -P2 -n200 sh -c 'for n; do cp -al 1 "$n"; done' sh`,
]);
execFileSync('sync');

const { client, close } = await startMeasured(folder, root.replace(/run$/, 'not-yet'));
/** The list as it comes: to parse it takes this process longer than the service took, and they share the event loop. */
const download = (path: string): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    get(client.base + path, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve(Buffer.concat(parts)));
    }).on('error', reject);
  });

const delay = new LoopDelay();
await rest(500);
await delay.start();
const used = process.cpuUsage();
const at = performance.now();
await client.ok(client.put('/runs/many', { directory: root }), 201);
const registered = performance.now();
const list = await download('/steps?run=many&limit=10000');
const listed = performance.now();
delay.stop();
const { user, system } = process.cpuUsage(used);
const { items } = JSON.parse(list.toString());
print({
  measure: 'first list',
  steps: items.length,
  registered_ms: registered - at,
  listed_ms: listed - at,
  loop_delay: String(delay),
  // All threads: what the machine's other work does not change.
  cpu_ms: (user + system) / 1_000,
});
await close();
process.exit();
