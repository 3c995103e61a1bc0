import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Problem } from '../../../src/engine/restore/verification.js';
import { verifyItem } from '../../../src/engine/restore/verify-item.js';
import { itemOf, loadFixture } from './fixtures.js';
import { MemoryFiles, sourceOf, utf8 } from './memory-files.js';

const TREE = 'orbax.checkpoint._src.handlers.pytree_checkpoint_handler.PyTreeCheckpointHandler';
const ARRAY = 'orbax.checkpoint._src.handlers.array_checkpoint_handler.ArrayCheckpointHandler';
const JSON_HANDLER = 'orbax.checkpoint._src.handlers.json_checkpoint_handler.JsonCheckpointHandler';
const KEY = 'orbax.checkpoint._src.handlers.random_key_checkpoint_handler.JaxRandomKeyCheckpointHandler';

/** File and code of every problem after a change to the item's files, whose paths begin with `1/`. */
function problemsOf(
  fixture: string,
  handler: string | null,
  change: (contents: Map<string, Uint8Array>) => void = () => {},
): [string, string][] {
  const files = itemOf(loadFixture(fixture));
  change(files.contents);
  return told(verifyItem(sourceOf(files), { name: null, handler }));
}

function told(problems: readonly Problem[]): [string, string][] {
  return problems.map(({ file, code }) => [file, code]);
}

function pathLike(contents: Map<string, Uint8Array>, pattern: RegExp): string {
  const found = [...contents.keys()].find((path) => pattern.test(path));
  assert.ok(found !== undefined);
  return found;
}

describe('a tree of Orbax 0.4, its structure in msgpack beside the database', () => {
  const fixture = 'older-msgpack-ocdbt';

  it('is whole', () => assert.deepEqual(problemsOf(fixture, null), []));

  it('is not when the structure is cut off anywhere', () => {
    const structure = loadFixture(fixture).files['1/checkpoint'];
    assert.ok(structure !== undefined && 'base64' in structure);
    const whole = new Uint8Array(Buffer.from(structure.base64, 'base64'));
    for (let length = 0; length < whole.length; length += 1) {
      const problems = problemsOf(fixture, null, (contents) =>
        contents.set('1/checkpoint', whole.subarray(0, length)),
      );
      assert.deepEqual(problems, [['checkpoint', 'too_short']], `${length} bytes`);
    }
  });

  it('is not when it names an array that the database lacks', () => {
    const problems = problemsOf(fixture, null, (contents) =>
      contents.set('1/checkpoint', new Uint8Array([0x81, 0xa1, 0x78, 0xaf, ...utf8('PLACEHOLDER://x')])),
    );
    assert.deepEqual(problems, [['manifest.ocdbt', 'missing']]);
  });

  it('is not without the structure, without a data file, or with damaged shardings', () => {
    assert.deepEqual(
      problemsOf(fixture, null, (contents) => contents.delete('1/checkpoint')),
      [['_METADATA', 'missing']],
    );
    assert.ok(
      problemsOf(fixture, null, (contents) => contents.delete(pathLike(contents, /1\/d\//))).some(
        ([, code]) => code === 'missing',
      ),
    );
    assert.deepEqual(
      problemsOf(fixture, null, (contents) => contents.set('1/_sharding', utf8('{"a":'))),
      [['_sharding', 'malformed']],
    );
  });
});

describe('an item of ArrayCheckpointHandler', () => {
  const fixture = 'older-array-item';

  it('is whole without the metadata of a tree', () => {
    for (const handler of [ARRAY, null]) assert.deepEqual(problemsOf(fixture, handler), []);
  });

  it('is not without its metadata, or with a chunk that is cut off', () => {
    const chunk = '1/checkpoint/0';
    assert.deepEqual(
      problemsOf(fixture, ARRAY, (contents) => contents.delete('1/checkpoint/.zarray')),
      [['_METADATA', 'missing']],
    );
    assert.deepEqual(
      problemsOf(fixture, ARRAY, (contents) =>
        contents.set(chunk, contents.get(chunk)?.subarray(0, 9) ?? utf8('')),
      ),
      [['checkpoint/0', 'too_short']],
    );
  });

  it('is not what a tree leaves behind that lost its metadata', () => {
    assert.deepEqual(problemsOf(fixture, TREE), [['_METADATA', 'missing']]);
    const shardings = utf8('{"Y2hlY2twb2ludA==":"","dw==":""}');
    assert.deepEqual(
      problemsOf(fixture, null, (contents) => contents.set('1/_sharding', shardings)),
      [['_METADATA', 'missing']],
    );
  });
});

describe('a tree whose small values stand in msgpack beside its metadata', () => {
  /** The tree has one leaf, `a`, which is in no array; `value` is what the structure holds for it. */
  const problemsWith = (value: readonly number[]) => {
    const entry =
      '{"key_metadata":[{"key":"a","key_type":2}],"value_metadata":{"value_type":"np.ndarray","skip_deserialize":false}}';
    const files = new MemoryFiles([
      ['_METADATA', utf8(`{"tree_metadata":{"('a',)":${entry}},"use_ocdbt":false}`)],
      ['checkpoint', new Uint8Array([0x81, 0xa1, 0x61, ...value])],
    ]);
    return told(verifyItem(sourceOf(files), { name: null, handler: null }));
  };

  it('needs no arrays for these', () => {
    assert.deepEqual(problemsWith([0x07]), []);
    assert.deepEqual(problemsWith([0xae, ...utf8('PLACEHOLDER://')]), [['a/.zarray', 'missing']]);
  });
});

describe('JSON', () => {
  const item = (name: string | null, handler: string | null, files: Record<string, string>) => {
    const contents = Object.entries(files).map(([path, text]): [string, Uint8Array] => [path, utf8(text)]);
    return told(verifyItem(sourceOf(new MemoryFiles(contents)), { name, handler }));
  };

  it('of the metrics is checked, whether or not the step names the handler', () => {
    for (const handler of [JSON_HANDLER, null]) {
      assert.deepEqual(item('metrics', handler, { metrics: '{"loss": NaN}' }), []);
      for (const damaged of ['', '{"loss": 0.', '{"loss": 0.5}}', '{"loss": \0}'])
        assert.deepEqual(item('metrics', handler, { metrics: damaged }), [['metrics', 'malformed']], damaged);
    }
  });

  it('of any item that JsonCheckpointHandler saved is checked, and must be there', () => {
    assert.deepEqual(item('notes', JSON_HANDLER, { metadata: '[1', 'commit_success.txt': '' }), [
      ['metadata', 'malformed'],
    ]);
    assert.deepEqual(item('notes', JSON_HANDLER, { 'notes.json': '[1' }), [['notes.json', 'malformed']]);
    assert.deepEqual(item('notes', JSON_HANDLER, { 'commit_success.txt': '' }), [['metadata', 'missing']]);
    assert.deepEqual(item(null, JSON_HANDLER, { _CHECKPOINT_METADATA: '{}', metadata: '{' }), [
      ['metadata', 'malformed'],
    ]);
  });

  it('that describes a random key is checked', () => {
    const key = { 'k_metadata/metadata': '{"typed": tru' };
    assert.deepEqual(item('key', KEY, key), [['k_metadata/metadata', 'malformed']]);
  });

  it('is nothing that a handler of the trainer’s own must have written', () => {
    assert.deepEqual(item('iterator', 'my.Handler', { metadata: '\x01', state: '{' }), []);
    assert.deepEqual(item('iterator', null, { metadata: '\x01' }), []);
  });
});
