import assert from 'node:assert/strict';
import test from 'node:test';
import type { WaitRequest } from '../../../src/engine/engine.js';
import { code, EngineStage } from '../support/engine-stage.js';

const ASKED: WaitRequest = { until: null, timeoutMs: null, after: null, waitId: null };
const { signal } = new AbortController();

test('a wait is answered with the highest step, at once if it is there', async (t) => {
  const stage = await EngineStage.set(t);
  await stage.save(1);
  await stage.save(5);

  const { satisfied, step, reason } = await stage.view.waits.wait('r', { ...ASKED, until: 2 }, signal);

  assert.deepEqual([satisfied, step, reason], [true, 5, 'reached']);
});

test('a step that is saved while somebody waits answers the wait', async (t) => {
  const stage = await EngineStage.set(t);
  const wait = stage.view.waits.wait('r', { ...ASKED, until: 7 }, signal);

  await stage.save(7);

  assert.equal((await wait).step, 7);
});

test('a timeout of zero looks once, and a finished run ends every wait', async (t) => {
  const stage = await EngineStage.set(t);
  const atOnce = await stage.view.waits.wait('r', { ...ASKED, timeoutMs: 0 }, signal);
  const wait = stage.view.waits.wait('r', ASKED, signal);

  await stage.view.runs.finish('r', null);

  assert.deepEqual([atOnce.step, atOnce.reason], [-1, 'timeout']);
  assert.equal((await wait).reason, 'finished');
});

test('a shutdown ends a wait with its own code', async (t) => {
  const stage = await EngineStage.set(t);
  const wait = stage.view.waits.wait('r', ASKED, signal);

  stage.engine.drain();

  await assert.rejects(wait, code('shutting_down'));
});
