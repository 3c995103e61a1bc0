import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import test from 'node:test';
import { checkLimit, Headcount, Quota } from '../../../src/engine/access/limit.js';
import { ANONYMOUS } from '../../../src/engine/access/principal.js';
import { DEFAULT_CONSUMER_SETTINGS } from '../../../src/engine/consumers/consumer-options.js';
import type { EngineView } from '../../../src/engine/engine.js';
import { EngineError } from '../../../src/engine/errors.js';
import { EngineStage } from '../support/engine-stage.js';

const RULE = { setting: 'max_waits', code: 'too_many_waits', noun: 'waits', hint: 'wait' } as const;

function refused(code: string, setting: string, limit: number): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof EngineError, String(error));
    assert.deepEqual([error.code, error.fields], [code, { setting, limit }]);
    return true;
  };
}

test('a limit for all refuses what is one too many, and names its setting and value', () => {
  const bounds = { all: 2, perToken: null };
  checkLimit(RULE, bounds, { all: 1, ofCaller: 1 });
  assert.throws(
    () => checkLimit(RULE, bounds, { all: 2, ofCaller: 0 }),
    refused('too_many_waits', 'max_waits', 2),
  );
});

test('a refusal does not tell how many there are: some may be in runs that the caller does not see', () => {
  assert.throws(
    () => checkLimit(RULE, { all: 5, perToken: null }, { all: 7_331, ofCaller: 0 }),
    (error: Error) => !error.message.includes('7331'),
  );
});

test("a limit per token counts the caller's own alone", () => {
  const bounds = { all: 10, perToken: 1 };
  checkLimit(RULE, bounds, { all: 9, ofCaller: 0 });
  const refusal = refused('too_many_waits', 'max_waits_per_token', 1);
  assert.throws(() => checkLimit(RULE, bounds, { all: 1, ofCaller: 1 }), refusal);
});

test('a place is given back once, however often that is said', () => {
  const count = new Headcount();
  const [first] = [count.add('a'), count.add('a'), count.add('b')];
  first?.();
  first?.();
  assert.deepEqual([count.all, count.of('a'), count.of('b'), count.of('c')], [2, 1, 1, 0]);
});

test('a quota has room again when somebody leaves', () => {
  const quota = new Quota(RULE, { all: 1, perToken: null });
  const leave = quota.enter('a');
  assert.throws(() => quota.enter('b'), refused('too_many_waits', 'max_waits', 1));
  leave();
  quota.enter('b');
});

const ONE = { all: 100, perToken: 1 };
const NOBODY_HANGS_UP = new AbortController().signal;

function viewOf(stage: EngineStage, name: string): EngineView {
  return stage.engine.as({ ...ANONYMOUS, name });
}

test('waits are limited for each caller', async (t) => {
  const stage = await EngineStage.set(t, {}, undefined, { waits: ONE });
  const wait = { until: 7, timeoutMs: 60_000, after: null, waitId: null };
  const hungUp = new AbortController();
  const started = stage.observed.next('waitStarted');
  const first = viewOf(stage, 'a').waits.wait('r', wait, hungUp.signal);
  await started;

  const second = viewOf(stage, 'a').waits.wait('r', wait, NOBODY_HANGS_UP);
  await assert.rejects(second, refused('too_many_waits', 'max_waits_per_token', 1));
  const other = await viewOf(stage, 'b').waits.wait('r', { ...wait, timeoutMs: 0 }, NOBODY_HANGS_UP);
  assert.equal(other.satisfied, false);

  hungUp.abort();
  await assert.rejects(first);
  await viewOf(stage, 'a').waits.wait('r', { ...wait, timeoutMs: 0 }, NOBODY_HANGS_UP);
});

test('leases are limited for each caller, also after a restart, and a release makes room', async (t) => {
  const stage = await EngineStage.set(t, {}, undefined, { leases: ONE });
  await stage.save(100);
  const request = { ...stage.request, step: 100 };
  const grant = (name: string) =>
    viewOf(stage, name).leases.grant(
      'r',
      request,
      { ...ANONYMOUS, name, idempotencyKey: null },
      NOBODY_HANGS_UP,
    );
  const first = await grant('a');
  assert.ok(first.granted);

  await stage.restart();
  await assert.rejects(grant('a'), refused('too_many_leases', 'max_leases_per_token', 1));
  assert.ok((await grant('b')).granted);

  await viewOf(stage, 'a').leases.release(first.lease.id);
  assert.ok((await grant('a')).granted);
});

test('event streams are limited for each caller', async (t) => {
  const stage = await EngineStage.set(t, {}, undefined, { streams: ONE });
  const request = { run: null, types: null, after: null };
  const first = await viewOf(stage, 'a').events.subscribe(request);

  const second = viewOf(stage, 'a').events.subscribe(request);
  await assert.rejects(second, refused('limit_reached', 'max_streams_per_token', 1));
  (await viewOf(stage, 'b').events.subscribe(request)).close();

  first.close();
  (await viewOf(stage, 'a').events.subscribe(request)).close();
});

test('runs and consumers are limited for each caller, also after a restart; changes are not', async (t) => {
  const stage = await EngineStage.set(t, {}, undefined, { maxRuns: ONE, maxConsumers: ONE });
  const [x, y, z] = [stage.beside('x'), stage.beside('y'), stage.beside('z')];
  await Promise.all([x, y, z].map((path) => mkdir(path)));
  const putRun = (name: string, run: string, path: string) => viewOf(stage, name).runs.put(run, path, {});
  const settings = { ...DEFAULT_CONSUMER_SETTINGS, mode: 'latest', start: null } as const;
  const putConsumer = (name: string, consumer: string) =>
    viewOf(stage, name).consumers.put('x', consumer, settings);

  await putRun('a', 'x', x);
  await putConsumer('a', 'one');
  await stage.restart();

  await assert.rejects(putRun('a', 'y', y), refused('limit_reached', 'max_runs_per_token', 1));
  await assert.rejects(putConsumer('a', 'two'), refused('limit_reached', 'max_consumers_per_token', 1));
  await putRun('a', 'x', x);
  await putConsumer('a', 'one');
  await putRun('b', 'z', z);
  await putConsumer('b', 'two');

  await viewOf(stage, 'a').consumers.remove('x', 'one');
  await putConsumer('a', 'three');
});
