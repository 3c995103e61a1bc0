import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { openSqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import { RunGlobs } from '../../../src/engine/access/run-globs.js';
import { FakeClock } from '../../support/fake-clock.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { startChildStore } from './child-store.js';

const KILLS = 8;

test('whatever was acknowledged before a SIGKILL is there afterwards, whole works only', async (t) => {
  const file = join(await temporaryDirectory(t), 'store.db');
  let acknowledgedInAll = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const child = startChildStore(t, 'write', file);
    assert.equal(await child.line(), 'opened');
    const first = (await child.line()) ?? 'nothing';
    const delay = randomInt(0, 60);
    // Not to wait for anything: it is the moment of the kill that is random.
    await setTimeout(delay);
    const acknowledged = [first, ...(await child.kill())];
    acknowledgedInAll += acknowledged.length;

    const store = await openSqliteStore({ file, clock: new FakeClock() });
    const { events } = await store.events.page({
      after: 0,
      limit: 1_000_000,
      runs: RunGlobs.everything,
      types: null,
    });
    const leases = await store.leases.list({
      runs: RunGlobs.everything,
      state: null,
      step: null,
      after: 0,
      limit: 1_000_000,
    });
    await store.close();

    const subjects = new Set(events.map((each) => each.subject));
    const lost = acknowledged.filter((subject) => !subjects.has(subject));
    assert.deepEqual(lost, [], `acknowledged, then lost by a kill after ${delay} ms`);
    assert.deepEqual(
      events.map((each) => each.sequence),
      events.map((_, index) => index + 1),
    );
    assert.deepEqual(
      leases.map((each) => each.id),
      events.map((each) => `ls_${each.subject}`),
    );
  }
  assert.ok(acknowledgedInAll > KILLS, `only ${acknowledgedInAll} writes were acknowledged`);
});
