import assert from 'node:assert/strict';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ANONYMOUS, type Principal } from '../../../src/engine/access/principal.js';
import { RunGlobs } from '../../../src/engine/access/run-globs.js';
import { code, EngineStage } from '../support/engine-stage.js';

const principal = (...patterns: string[]): Principal => ({
  ...ANONYMOUS,
  name: patterns.join(),
  runs: new RunGlobs(patterns),
});
const BLIND = principal('other-*');

test('a principal has one view', async (t) => {
  const { engine } = await EngineStage.set(t);
  assert.equal(engine.as(BLIND), engine.as(BLIND));
  assert.notEqual(engine.as(BLIND), engine.as(principal('r')));
  assert.notEqual(engine.as(BLIND), engine.as(ANONYMOUS));
});

test('the id of a lease opens nothing to those who do not see its run', async (t) => {
  const stage = await EngineStage.set(t, { minFreeBytes: 0 });
  await stage.save(1);
  const { id, number } = await stage.lease({ step: 1 });
  const { leases, consumers, restore } = stage.engine.as(BLIND);
  const calls = [
    leases.get(id),
    leases.renew(id, null),
    leases.release(id),
    leases.breakLease(number, null),
    consumers.ack(id, null),
    consumers.nack(id, 0),
    restore.args({ run: null, step: null, lease: id, item: null, setGlobalShape: true, strict: true }),
  ];
  for (const call of calls) await assert.rejects(call, code('lease_not_found'));
  assert.equal((await stage.view.leases.get(id)).state, 'active');
});

test('a list that names a hidden run is empty', async (t) => {
  const stage = await EngineStage.set(t, { minFreeBytes: 0 });
  await stage.save(1);
  await stage.lease({ until: 1 });
  const { events, leases, waits } = stage.engine.as(BLIND);
  const page = { run: 'r', limit: 9, page: null };
  assert.deepEqual((await leases.list({ ...page, state: 'all', step: null })).items, []);
  assert.deepEqual((await waits.list('r', page)).items, []);
  const request = { ...page, types: null, after: null, timeoutMs: 0 };
  assert.deepEqual((await events.page(request, new AbortController().signal)).items, []);
});

test('an idempotency key of one caller means nothing to another', async (t) => {
  const stage = await EngineStage.set(t, { minFreeBytes: 0 });
  await stage.save(1);
  const request = {
    ...{ step: 1, until: null, timeoutMs: null, ttlMs: null, holder: null, labels: {} },
    ...{ ignoreSnapshotErrors: false, waitId: null },
  };
  const ids: string[] = [];
  for (const name of ['one', 'other', 'one']) {
    const caller = { ...ANONYMOUS, name, idempotencyKey: 'k' };
    const result = await stage.view.leases.grant('r', request, caller, new AbortController().signal);
    if (result.granted) ids.push(result.lease.id);
  }
  assert.equal(new Set(ids).size, 2);
  assert.equal(ids[2], ids[0]);
});

test('what the readiness says names no run', async (t) => {
  const stage = await EngineStage.set(t);
  const directory = join(stage.trainer.directory, '..', 'other');
  await mkdir(directory);
  await stage.view.runs.put('tell-nobody', directory, {});
  await stage.restart();
  const { pending } = stage.engine.readiness();
  assert.ok(pending.every((sentence) => !sentence.includes('tell-nobody')));
});

/** Whoever asks about all runs does so by this one word, so that a search finds every place. */
test('only the engine itself asks about all runs', async () => {
  const asking: string[] = [];
  for (const name of await readdir('src', { recursive: true })) {
    const file = join('src', name);
    if (file.endsWith('.ts') && (await readFile(file, 'utf8')).includes('RunGlobs.everything'))
      asking.push(file);
  }
  assert.deepEqual(asking.sort(), [
    'src/engine/access/principal.ts',
    'src/engine/administration/run-administration.ts',
    'src/engine/upkeep/disk-agreement.ts',
    'src/engine/upkeep/reconciler.ts',
    'src/engine/upkeep/takeover.ts',
  ]);
});
