import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { RunGlobs } from '../../src/engine/access/run-globs.js';
import { type MakeStorage, writeAndFail } from './harness.js';
import { event, lease, run, snapshot, step, wait } from './sample-records.js';

export function writeRules(make: MakeStorage): void {
  test('a write resolves to what its work returned', async (t) => {
    const store = await (await make(t)).open();
    assert.equal(await store.write(async () => 42), 42);
  });

  test('a write that resolved is visible to readers', async (t) => {
    const store = await (await make(t)).open();
    await store.write((tx) => tx.runs.put(run('r')));
    assert.deepEqual(await store.runs.list(), [run('r')]);
  });

  test('a work sees its own writes', async (t) => {
    const store = await (await make(t)).open();
    const inside = await store.write(async (tx) => {
      await tx.runs.put(run('r'));
      await tx.steps.put('r', [step('1')]);
      await tx.events.append([event()]);
      return [await tx.runs.list(), await tx.steps.list('r'), await tx.events.range()];
    });
    assert.deepEqual(inside, [[run('r')], [step('1')], { oldest: 1, newest: 1 }]);
  });

  test('a work that throws rejects with its own error and leaves nothing of what it wrote anywhere', async (t) => {
    const store = await (await make(t)).open();
    await writeAndFail(store, async (tx) => {
      await tx.runs.put(run('r'));
      await tx.steps.put('r', [step('1')]);
      await tx.events.append([event()]);
      await tx.snapshots.insert(snapshot());
      await tx.leases.insert(lease());
      await tx.waits.append([wait()]);
    });
    assert.deepEqual(await store.runs.list(), []);
    assert.deepEqual(await store.steps.list('r'), []);
    assert.deepEqual(await store.events.range(), { oldest: 1, newest: 0 });
    assert.deepEqual(await store.snapshots.list(), []);
    const leases = await store.leases.list({
      runs: RunGlobs.everything,
      state: null,
      step: null,
      after: 0,
      limit: 9,
    });
    assert.deepEqual(leases, []);
    assert.equal((await store.waits.summary(RunGlobs.everything)).count, 0);
  });

  test('a work that throws before it did anything, even synchronously, rejects its write', async (t) => {
    const store = await (await make(t)).open();
    const outcome = store.write((): Promise<void> => {
      throw new Error('at once');
    });
    await assert.rejects(outcome, /at once/);
    assert.equal(await store.write(async () => 'goes on'), 'goes on');
  });

  test('of the works asked for together, one that throws takes no other with it', async (t) => {
    const store = await (await make(t)).open();
    const names = ['a', 'b', 'c', 'd', 'e'];
    const outcomes = await Promise.allSettled(
      names.map((name) =>
        store.write(async (tx) => {
          await tx.runs.put(run(name));
          if (name === 'b' || name === 'e') {
            throw new Error(name);
          }
        }),
      ),
    );
    const failed = outcomes.map((outcome) => outcome.status === 'rejected');
    assert.deepEqual(failed, [false, true, false, false, true]);
    assert.deepEqual(
      (await store.runs.list()).map((each) => each.name),
      ['a', 'c', 'd'],
    );
  });

  test('works run one after the other, in the order of the calls, whatever they wait for', async (t) => {
    const store = await (await make(t)).open();
    const seen: string[] = [];
    const works = [3, 0, 1].map((turns, index) =>
      store.write(async (tx) => {
        seen.push(`${index} begins`);
        await tx.events.append([event({ subject: String(index) })]);
        for (let turn = 0; turn < turns; turn += 1) {
          await setImmediate();
        }
        await tx.events.append([event({ subject: String(index) })]);
        seen.push(`${index} ends`);
      }),
    );
    await Promise.all(works);
    const order = [0, 1, 2].flatMap((index) => [`${index} begins`, `${index} ends`]);
    assert.deepEqual(seen, order);
    const page = await store.events.page({ after: 0, limit: 9, runs: RunGlobs.everything, types: null });
    assert.equal(page.events.map((each) => each.subject).join(''), '001122');
  });

  test('promises settle in the order of the calls, failures among them', async (t) => {
    const store = await (await make(t)).open();
    const settled: number[] = [];
    const writes = Array.from({ length: 40 }, (_, index) => {
      const write = store.write(async (tx) => {
        await tx.events.append([event()]);
        if (index % 3 === 1) {
          throw new Error('on purpose');
        }
      });
      const note = () => settled.push(index);
      return write.then(note, note);
    });
    await Promise.all(writes);
    assert.deepEqual(
      settled,
      writes.map((_, index) => index),
    );
  });

  test('readers never see a work that is under way, nor one that waits for its commit', async (t) => {
    const store = await (await make(t)).open();
    const seen: unknown[] = [];
    const look = async () => seen.push((await store.runs.list()).length, (await store.events.range()).newest);
    const first = store.write(async (tx) => {
      await tx.runs.put(run('a'));
      await tx.events.append([event()]);
      await look();
      await setImmediate();
      await look();
    });
    const second = store.write(look);
    await Promise.all([first, second]);
    assert.deepEqual(seen.slice(0, 4), [0, 0, 0, 0]);
    assert.deepEqual([...new Set(seen.slice(4))].length, 1, 'the second work saw half of the first');
    await look();
    assert.deepEqual(seen.slice(-2), [1, 1]);
  });

  test('two thousand works asked for at once all happen, each once', async (t) => {
    const store = await (await make(t)).open();
    const works = Array.from({ length: 2000 }, (_, index) =>
      store.write((tx) => tx.events.append([event({ subject: String(index) })])),
    );
    const sequences = (await Promise.all(works)).flat().map((each) => each.sequence);
    assert.deepEqual(
      sequences,
      works.map((_, index) => index + 1),
    );
  });

  test('close waits for the writes under way; afterwards a write rejects', async (t) => {
    const storage = await make(t);
    const store = await storage.open();
    const write = store.write(async (tx) => {
      await setImmediate();
      await tx.runs.put(run('r'));
    });
    await Promise.all([store.close(), store.close()]);
    await write;
    await assert.rejects(
      store.write(async () => undefined),
      /closed/,
    );
    assert.deepEqual(await (await storage.open()).runs.list(), [run('r')]);
  });

  test('the id is path-safe, short, different for each storage, and stays', async (t) => {
    const storage = await make(t);
    const store = await storage.open();
    assert.match(store.id, /^[a-z0-9][a-z0-9_-]{7,31}$/);
    const other = await (await make(t)).open();
    assert.notEqual(store.id, other.id);
    await store.close();
    assert.equal((await storage.open()).id, store.id);
  });
}
