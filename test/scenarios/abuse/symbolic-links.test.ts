import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildSnapshot } from '../../../src/adapters/filesystem/build-snapshot.js';
import { nodeOs } from '../../../src/adapters/filesystem/os.js';
import { makeStep, planFor } from '../../support/fs-step.js';
import { memoryFolder } from '../../support/temporary-folder.js';

const SWAPPER = fileURLToPath(new URL('./swapper.js', import.meta.url));
const FILES = { 'default/data': 'inside.', 'default/d/0': 'inside.', 'default/d/1': 'inside.' };
/** More by hand: `STEPLEASE_TEST_TRIES=100000`. */
const TRIES = Number(process.env['STEPLEASE_TEST_TRIES'] ?? 4_000);

for (const mode of ['hardlink', 'copy'] as const) {
  test(`mode ${mode}: a symbolic link that is swapped in while a snapshot is built is never followed`, async (t) => {
    const root = memoryFolder(t);
    const step = makeStep(root, '100', FILES);
    const outside = makeStep(root, 'outside', FILES);
    // As like the files inside as can be: of the same size and time.
    for (const file of filesOf(outside)) writeFileSync(file, 'outside');
    for (const file of [...filesOf(outside), ...filesOf(step)])
      utimesSync(file, 1_700_000_000, 1_700_000_000);
    const plan = await planFor(step, { mode });
    const swapper = fork(SWAPPER, [step, outside]);
    t.after(() => swapper.kill());
    const outcomes = new Map<string, number>();
    const published = join(plan.snapshotDirectory, plan.publishedName ?? '', plan.stepName);
    for (let tries = 0; tries < TRIES; tries += 1) {
      const { outcome } = await buildSnapshot(nodeOs, plan);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (outcome === 'built') {
        for (const file of filesOf(published)) assert.equal(readFileSync(file, 'utf8'), 'inside.', file);
        rmSync(join(plan.snapshotDirectory, plan.publishedName ?? ''), { recursive: true });
      }
    }
    assert.ok((outcomes.get('built') ?? 0) > 0, 'no snapshot was ever built, so that nothing was tried');
    swapper.send('end');
    const [counted] = await once(swapper, 'message');
    for (const file of filesOf(outside)) {
      assert.equal(statSync(file).nlink, 1, `${file} was linked`);
      assert.equal(readFileSync(file, 'utf8'), 'outside');
    }
    t.diagnostic(`${counted} swaps during ${JSON.stringify(Object.fromEntries(outcomes))}`);
  });
}

function filesOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  );
}
