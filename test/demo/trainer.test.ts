import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { replayTraining } from '../../demo/trainer.js';
import { fixturePath } from '../support/fixtures.js';

describe('replayTraining', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'steplease-trainer-'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  it('saves every step whole and deletes the oldest only after the rename of the newest', async () => {
    const happened: string[] = [];
    await replayTraining({
      root,
      fixture: fixturePath('plain'),
      steps: [10, 20, 30],
      intervalMs: 0,
      maxToKeep: 2,
      onSaved: ({ step, path }) => {
        happened.push(`saved ${step} beside ${readdirSync(root).sort().join(' ')}`);
        assert.deepEqual(contents(path), contents(fixturePath(`plain/${step * 10}`)));
      },
      onDeleted: ({ step, path }) => {
        happened.push(`deleted ${step}`);
        assert.equal(path, join(root, String(step)));
      },
    });
    assert.deepEqual(happened, [
      'saved 10 beside 10',
      'saved 20 beside 10 20',
      'saved 30 beside 10 20 30',
      'deleted 10',
    ]);
    assert.deepEqual(readdirSync(root).sort(), ['20', '30']);
  });

  it('starts over with the fixture when there are more steps than it has', async () => {
    await replayTraining({
      root,
      fixture: fixturePath('padded'),
      steps: [1, 2, 3],
      intervalMs: 0,
      maxToKeep: 3,
    });
    assert.deepEqual(contents(join(root, '3')), contents(fixturePath('padded/checkpoint_00000005')));
  });

  it('ends before the next step when it is told to', async () => {
    const stop = new AbortController();
    await replayTraining({
      root,
      fixture: fixturePath('plain'),
      steps: [1, 2],
      intervalMs: 3_600_000,
      maxToKeep: 2,
      onSaved: () => stop.abort(),
      signal: stop.signal,
    });
    assert.deepEqual(readdirSync(root), ['1']);
  });
});

function contents(directory: string): Map<string, Buffer> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = files.map((file) => join(file.parentPath, file.name)).sort();
  return new Map(paths.map((path) => [path.slice(directory.length), readFileSync(path)]));
}
