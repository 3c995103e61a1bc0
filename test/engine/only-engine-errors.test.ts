import assert from 'node:assert/strict';
import test from 'node:test';
import { EngineError } from '../../src/engine/errors.js';
import { onlyEngineErrors } from '../../src/engine/only-engine-errors.js';
import { StorageError } from '../../src/engine/storage-error.js';

/** What a method that fails so, at once or later, throws behind the guard. */
async function thrown(failure: unknown): Promise<readonly unknown[]> {
  const methods = onlyEngineErrors({
    atOnce: () => {
      throw failure;
    },
    later: async () => {
      throw failure;
    },
  });
  const caught: unknown[] = [];
  for (const method of [methods.atOnce, methods.later]) {
    try {
      await method();
    } catch (error) {
      caught.push(error);
    }
  }
  return caught;
}

test('an error of the engine stays what it is', async () => {
  const error = new EngineError('step_not_found', 'there is no step 5');

  assert.deepEqual(await thrown(error), [error, error]);
});

test('a full or read-only disk is insufficient_storage, with the sentence of the store', async () => {
  for (const kind of ['full', 'read_only'] as const)
    for (const error of await thrown(new StorageError(kind, 'the disk of the database is full'))) {
      assert.ok(error instanceof EngineError);
      assert.equal(error.code, 'insufficient_storage');
      assert.equal(error.message, 'the disk of the database is full');
    }
});

test('whatever else is thrown is internal: its message stays inside, as the cause', async () => {
  for (const failure of [new StorageError('io', 'secret'), new TypeError('secret'), 'secret'])
    for (const error of await thrown(failure)) {
      assert.ok(error instanceof EngineError);
      assert.deepEqual([error.code, error.cause], ['internal', failure]);
      assert.doesNotMatch(error.message, /secret/);
    }
});

test('arguments and results pass through, also of a method that is not asynchronous', async () => {
  const methods = onlyEngineErrors({ add: (a: number, b: number) => a + b, later: async (a: number) => a });

  assert.deepEqual([methods.add(1, 2), await methods.later(3)], [3, 3]);
});
