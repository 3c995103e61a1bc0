import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { watchDirectory } from '../../../src/adapters/filesystem/watch-directory.js';
import { temporaryDirectory } from '../../support/fs-temporary.js';

/** A watch whose hints and end can be awaited. */
class Watched {
  readonly hints: (string | null)[] = [];
  readonly befores: (string | null)[] = [];
  readonly ends: string[] = [];
  readonly stop: () => void;
  private waiting: (() => void)[] = [];

  constructor(t: TestContext, directory: string) {
    const watch = watchDirectory(
      directory,
      ({ name, before }) =>
        this.note(() => {
          this.hints.push(name);
          this.befores.push(before);
        }),
      (reason) => this.note(() => this.ends.push(reason)),
    );
    if (watch.outcome === 'refused') throw new Error(watch.reason);
    this.stop = watch.stop;
    t.after(this.stop);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private note(record: () => void): void {
    record();
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

test('entries that appear, change their name or go are hinted at by name', { timeout: 60_000 }, async (t) => {
  const root = temporaryDirectory(t);
  const watched = new Watched(t, root);
  mkdirSync(join(root, '100.orbax-checkpoint-tmp'));
  renameSync(join(root, '100.orbax-checkpoint-tmp'), join(root, '100'));
  await watched.until(() => watched.hints.includes('100'));
  watched.hints.length = 0;
  rmdirSync(join(root, '100'));
  await watched.until(() => watched.hints.includes('100'));
  assert.deepEqual(watched.ends, []);
});

test('writes to a file and changes of mode are no hints', { timeout: 60_000 }, async (t) => {
  const root = temporaryDirectory(t);
  writeFileSync(join(root, 'train.log'), '');
  const watched = new Watched(t, root);
  writeFileSync(join(root, 'train.log'), 'line');
  chmodSync(join(root, 'train.log'), 0o600);
  mkdirSync(join(root, '100'));
  await watched.until(() => watched.hints.length > 0);
  assert.deepEqual(watched.hints, ['100']);
});

for (const [what, remove] of [
  ['removed', rmdirSync],
  ['renamed away', (path: string) => renameSync(path, `${path}.away`)],
] as const) {
  test(`a directory that is ${what} ends the watch, once`, { timeout: 60_000 }, async (t) => {
    const base = temporaryDirectory(t);
    const root = join(base, 'run');
    mkdirSync(root);
    const watched = new Watched(t, root);
    remove(root);
    await watched.until(() => watched.ends.length > 0);
    mkdirSync(join(base, 'other'));
    const second = new Watched(t, base);
    mkdirSync(join(base, 'more'));
    await second.until(() => second.hints.length > 0);
    assert.equal(watched.ends.length, 1);
    assert.match(watched.ends[0] ?? '', /moved or removed/);
  });
}

test('a directory that was replaced at its path ends the watch', { timeout: 60_000 }, async (t) => {
  const root = join(temporaryDirectory(t), 'run');
  mkdirSync(root);
  const watched = new Watched(t, root);
  renameSync(root, `${root}.away`);
  mkdirSync(root);
  await watched.until(() => watched.ends.length > 0);
});

test('an entry with the directory’s own name does not end the watch', { timeout: 60_000 }, async (t) => {
  const root = join(temporaryDirectory(t), 'run');
  mkdirSync(root);
  const watched = new Watched(t, root);
  mkdirSync(join(root, 'run'));
  await watched.until(() => watched.hints.includes('run'));
  mkdirSync(join(root, '100'));
  await watched.until(() => watched.hints.includes('100'));
  assert.deepEqual(watched.ends, []);
});

test('what cannot be watched is refused with the reason', (t) => {
  const ignore = () => undefined;
  assert.deepEqual(watchDirectory(join(temporaryDirectory(t), 'none'), ignore, ignore), {
    outcome: 'refused',
    reason: 'The directory is not there.',
  });
});

test('nothing comes after stop, and stop can be repeated', { timeout: 60_000 }, async (t) => {
  const root = temporaryDirectory(t);
  const stopped = new Watched(t, root);
  stopped.stop();
  const other = new Watched(t, root);
  mkdirSync(join(root, '100'));
  await other.until(() => other.hints.length > 0);
  stopped.stop();
  assert.deepEqual([stopped.hints, stopped.ends], [[], []]);
});
