import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { call } from './client.js';
import { evaluate } from './evaluator.js';
import { bytes, Journal, milliseconds } from './journal.js';
import { Moments } from './moments.js';
import { startServer } from './server-process.js';
import { replayTraining } from './trainer.js';
import { watch } from './watcher.js';

/** Genuine Orbax checkpoints; the compiled demo is one directory deeper than its source. */
const CHECKPOINTS = fileURLToPath(new URL('../../test/fixtures/checkpoints/plain', import.meta.url));
const STEPS = Array.from({ length: 12 }, (_, index) => (index + 1) * 100);
const INTERVAL_MS = 400;
const MAX_TO_KEEP = 2;

const { values: options } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });
const journal = new Journal();
const folder = await mkdtemp(join(tmpdir(), 'steplease-demo-'));
const root = join(folder, 'run');
await mkdir(root);
const server = await startServer(root, join(folder, 'steplease.db'));
journal.tell('server', `watches ${root} and listens on ${server.url}`);

try {
  await playAll(server.url);
  if (options.keep) await keepServing();
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

async function playAll(url: string): Promise<void> {
  const saved = new Moments<number>();
  const deleted = new Moments<boolean>();
  const watching = watch(url, journal, (step) => saved.of(step));
  const evaluating = evaluate({ url, journal, deleted: (step) => deleted.of(step) });
  await replayTraining({
    root,
    fixture: CHECKPOINTS,
    steps: STEPS,
    intervalMs: INTERVAL_MS,
    maxToKeep: MAX_TO_KEEP,
    onSaved: ({ step, at }) => {
      journal.tell('trainer', `saved step ${step}`);
      saved.record(step, at);
    },
    onDeleted: ({ step }) => {
      journal.tell('trainer', `deleted step ${step}`);
      deleted.record(step, true);
    },
  });
  deleted.close(false);
  await call(url, 'POST', '/runs/default/finish', { reason: 'the demo is over' });
  journal.tell('trainer', 'finished the run');
  const [latencies, protectedBytes] = await Promise.all([watching, evaluating]);
  const median = latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length / 2)] ?? Number.NaN;
  journal.print('');
  journal.print(`steps seen           ${latencies.length} of ${STEPS.length}`);
  journal.print(
    `detection latency    ${milliseconds(median)} (p50, from the rename to the answer of GET /wait)`,
  );
  journal.print(
    `bytes protected      ${bytes(protectedBytes)} read under leases after the trainer had deleted them`,
  );
  if (latencies.length !== STEPS.length || protectedBytes === 0) process.exitCode = 1;
}

async function keepServing(): Promise<void> {
  const { url } = server;
  journal.print('');
  journal.print(`The server goes on until Ctrl-C; its run is ${root}. Try:`);
  journal.print(`  curl '${url}/steps'`);
  journal.print(
    `  curl -X POST '${url}/leases' -H 'content-type: application/json' -d '{"step":"latest","ttl":300}'`,
  );
  journal.print(`  curl -N '${url}/events?after=${await firstCursor(url)}' -H 'accept: text/event-stream'`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
    server.child.once('exit', resolve);
  });
}

async function firstCursor(url: string): Promise<string> {
  const page = (await call(url, 'GET', '/events?limit=1')) as { items: readonly { id: string }[] };
  return page.items[0]?.id ?? '';
}
