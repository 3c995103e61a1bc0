import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { openSqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import type { Store } from '../../../src/engine/store.js';
import { event, lease, run } from '../../conformance/sample-records.js';
import { FakeClock } from '../../support/fake-clock.js';

/**
 * A server process for tests: `store-process.js MODE FILE`. It answers in lines; `writeSync`, so that a line is out before the process
 * does anything else.
 *
 * - `hold` owns the database until it is killed;
 * - `write` writes as fast as it can and says which writes were acknowledged;
 * - `obey` appends an event for each line of its input;
 * - `nobody` gives up its rights before it opens the database.
 */
const [mode, file = ''] = process.argv.slice(2);

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

async function open(): Promise<Store | null> {
  try {
    return await openSqliteStore({ file, clock: new FakeClock() });
  } catch (error) {
    say(describeError(error));
    return null;
  }
}

function describeError(error: unknown): string {
  const kind = error instanceof Error && 'kind' in error ? ` ${error.kind}` : '';
  return error instanceof Error ? `${error.name}${kind}: ${error.message}` : String(error);
}

/** Each work writes one event and one lease that bear its number: half a work would show. */
async function writeForEver(store: Store): Promise<never> {
  await store.write((tx) => tx.runs.put(run('r')));
  const { newest } = await store.events.range();
  let next = newest + 1;
  for (;;) {
    const burst = Array.from({ length: 1 + (next % 7) }, () => {
      const subject = String(next);
      next += 1;
      const write = store.write(async (tx) => {
        await tx.events.append([event({ subject })]);
        await tx.leases.insert(lease({ id: `ls_${subject}` }));
      });
      return write.then(() => say(subject));
    });
    await Promise.all(burst);
  }
}

async function obey(store: Store): Promise<void> {
  for await (const subject of createInterface({ input: process.stdin })) {
    const data = { filling: 'x'.repeat(20_000) };
    await store
      .write((tx) => tx.events.append([event({ subject, data })]))
      .then(
        () => say('written'),
        (error: unknown) => say(describeError(error)),
      );
  }
  await store.close();
}

if (mode === 'nobody') {
  process.setuid?.(65_534);
}
const store = await open();
if (store !== null) {
  say('opened');
  if (mode === 'write') {
    await writeForEver(store);
  } else if (mode === 'obey') {
    await obey(store);
  } else {
    process.stdin.resume();
  }
}
