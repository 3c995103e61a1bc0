/**
 * The first list of a run with 10,000 steps, from its registration on, and the event loop meanwhile.
 *
 *     node dist/test/scenarios/measure/many-steps.js [STEPS]
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as rest } from 'node:timers/promises';
import { fixturePath } from '../../support/fixtures.js';
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
const delay = monitorEventLoopDelay({ resolution: 1 });
await rest(500);
delay.enable();
const at = performance.now();
await client.ok(client.put('/runs/many', { directory: root }), 201);
const registered = performance.now();
const { items } = await client.ok(client.get('/steps?run=many&limit=10000'));
const listed = performance.now();
delay.disable();
print({
  measure: 'first list',
  steps: items.length,
  registered_ms: registered - at,
  listed_ms: listed - at,
  loop_delay_p99_ms: delay.percentile(99) / 1e6,
  loop_delay_max_ms: delay.max / 1e6,
});
await close();
process.exit();
