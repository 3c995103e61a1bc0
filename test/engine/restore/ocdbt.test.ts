import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lookUp } from '../../../src/engine/restore/ocdbt/lookup.js';
import { readManifest } from '../../../src/engine/restore/ocdbt/manifest.js';
import { walkDatabase } from '../../../src/engine/restore/ocdbt/walk.js';
import { RestoreError } from '../../../src/engine/restore/restore-error.js';
import { MemoryFiles, sourceOf } from './memory-files.js';
import {
  ascii,
  BTREE_NODE_MAGIC,
  block,
  fileTable,
  interiorNode,
  leafNode,
  MANIFEST_MAGIC,
  manifest,
  varint,
} from './ocdbt-builder.js';

const DATA = [{ path: 'data' }];

/** A database of nodes that stand one behind the other in the file `data`, the last one being the root. */
class Database {
  private readonly nodes: Uint8Array[] = [];
  private end = 0;

  add(node: Uint8Array): { offset: number; length: number } {
    this.nodes.push(node);
    this.end += node.length;
    return { offset: this.end - node.length, length: node.length };
  }

  files(
    root: { offset: number | bigint; length: number | bigint },
    height: number,
    others = {},
  ): MemoryFiles {
    const data = new Uint8Array(this.nodes.flatMap((node) => [...node]));
    return new MemoryFiles(
      Object.entries({ 'manifest.ocdbt': manifest([{ ...root, height }]), data, ...others }),
    );
  }
}

function find(files: MemoryFiles, keys: string[], maxValueBytes = 100): Record<string, string> {
  const source = sourceOf(files);
  const opened = readManifest(source, '');
  assert.ok(opened !== null);
  const found: Record<string, string> = {};
  lookUp(source, opened, keys, maxValueBytes, (index, { bytes }) => {
    found[keys[index] ?? ''] = new TextDecoder().decode(bytes);
  });
  return found;
}

function refuses(files: MemoryFiles, detail: RegExp, keys = ['a']): void {
  assert.throws(
    () => find(files, keys),
    (error) =>
      error instanceof RestoreError && error.code === 'metadata_unreadable' && detail.test(error.message),
  );
}

function single(node: Uint8Array, height = 0): MemoryFiles {
  const database = new Database();
  return database.files(database.add(node), height);
}

describe('looking keys up', () => {
  function tall(): { files: MemoryFiles; sizes: number[] } {
    const database = new Database();
    const leaves = ['ab', 'b', 'c'].map((prefix) =>
      database.add(leafNode(['1', '2', '3'].map((key) => ({ key, value: `value of ${prefix}${key}` })))),
    );
    const [ab, b, c] = leaves;
    assert.ok(ab !== undefined && b !== undefined && c !== undefined);
    const low = database.add(
      interiorNode(
        1,
        [
          { key: 'ab1', commonPrefix: 2, ...ab },
          { key: 'b1', commonPrefix: 1, ...b },
        ],
        DATA,
      ),
    );
    const high = database.add(interiorNode(1, [{ key: 'c1', commonPrefix: 1, ...c }], DATA));
    const root = database.add(
      interiorNode(
        2,
        [
          { key: 'ab1', ...low },
          { key: 'c1', ...high },
        ],
        DATA,
      ),
    );
    return { files: database.files(root, 2), sizes: [ab.length, root.length + low.length] };
  }

  it('finds them in a tall tree, and only those that exist', () => {
    const { files } = tall();
    const keys = ['a', 'ab1', 'ab3', 'ab4', 'b0', 'b2', 'c1', 'c3', 'd'];
    assert.deepEqual(find(files, keys), {
      ab1: 'value of ab1',
      ab3: 'value of ab3',
      b2: 'value of b2',
      c1: 'value of c1',
      c3: 'value of c3',
    });
  });

  it('opens only the nodes on the way', () => {
    const { files, sizes } = tall();
    find(files, ['ab2']);
    assert.equal(
      files.bytesRead.get('data'),
      sizes.reduce((sum, size) => sum + size, 0),
    );
  });

  it('reads values that lie outside the node, in a data file below a base path', () => {
    const node = leafNode([{ key: 'a', value: { offset: 2, length: 3 } }], [{ path: 'd/values', base: 0 }]);
    const files = new MemoryFiles([
      ['manifest.ocdbt', manifest([{ offset: 0, length: node.length }], [{ path: 'sub/d/node', base: 4 }])],
      ['sub/d/node', node],
      ['sub/d/values', new Uint8Array(ascii('xxabcyy'))],
    ]);
    assert.deepEqual(find(files, ['a']), { a: 'abc' });
  });

  it('finds nothing in an empty database', () => {
    const none = 2n ** 64n - 1n;
    assert.deepEqual(find(new Database().files({ offset: none, length: none }, 0), ['a']), {});
  });

  it('sees the newest version', () => {
    const database = new Database();
    const old = database.add(leafNode([{ key: 'a', value: 'old' }]));
    const fresh = database.add(leafNode([{ key: 'a', value: 'new' }]));
    const files = database.files(fresh, 0, { 'manifest.ocdbt': manifest([old, fresh]) });
    assert.deepEqual(find(files, ['a']), { a: 'new' });
  });
});

describe('a hostile database is refused when', () => {
  it('a node is its own child', () => {
    const child = { key: 'a', offset: 0, length: 0 };
    const length = interiorNode(1, [child], DATA).length;
    const node = interiorNode(1, [{ ...child, length }], DATA);
    assert.equal(node.length, length);
    refuses(single(node, 1), /not at height 0/);
  });

  it('a node claims 2^60 entries', () => {
    refuses(single(block(BTREE_NODE_MAGIC, [0, ...fileTable([]), ...varint(2n ** 60n)])), /claims/);
    refuses(single(block(BTREE_NODE_MAGIC, [0, ...varint(2n ** 60n)])), /claims/);
    refuses(single(block(BTREE_NODE_MAGIC, [0, ...fileTable([]), ...varint(2n ** 63n + 1n)])), /claims/);
  });

  it('a number never ends', () => {
    refuses(single(block(BTREE_NODE_MAGIC, new Array<number>(40).fill(0x80).with(0, 0))), /ten bytes/);
  });

  it('a node says that it is gigantic', () => {
    refuses(new Database().files({ offset: 0, length: 2 ** 40 }, 0), /node of/);
    refuses(new Database().files({ offset: 2n ** 62n, length: 100 }, 0), /out of range/);
  });

  it('keys do not increase', () => {
    const entries = ['b', 'a'].map((key) => ({ key, value: '' }));
    refuses(single(leafNode(entries)), /increase/);
    refuses(
      single(leafNode([entries[0] ?? { key: '', value: '' }, entries[0] ?? { key: '', value: '' }])),
      /increase/,
    );
  });

  it('a data file lies elsewhere', () => {
    for (const path of ['../data', '/etc/passwd', 'd/../../x', 'd//x', './data', '']) {
      const node = leafNode([{ key: 'a', value: { offset: 0, length: 1 } }], [{ path }]);
      refuses(single(node), /not allowed/);
    }
  });

  it('a value lies in a data file that the table does not have', () => {
    refuses(
      single(leafNode([{ key: 'a', value: { file: 3, offset: 0, length: 1 } }], DATA)),
      /data file 3 of 1/,
    );
  });

  it('a value is larger than any metadata', () => {
    refuses(single(leafNode([{ key: 'a', value: 'x'.repeat(101) }])), /101 bytes/);
    refuses(single(leafNode([{ key: 'a', value: { offset: 0, length: 2 ** 50 } }], DATA)), /metadata value/);
  });

  it('a node is a zstd bomb', () => {
    const blocks = Array.from({ length: 4000 }, (_, i) => [2 | (i === 3999 ? 1 : 0), 0, 0x10, 0]).flat();
    const bomb = [0x28, 0xb5, 0x2f, 0xfd, 0, 0x38, ...blocks];
    refuses(single(block(BTREE_NODE_MAGIC, bomb, 1)), /more than/);
  });

  it('something stands behind the end', () => {
    const body = leafNode([{ key: 'a', value: 'x' }]).subarray(14, -4);
    refuses(single(block(BTREE_NODE_MAGIC, [...body, 0])), /behind the end/);
  });

  it('a node of another kind stands in its place', () => {
    refuses(single(block(MANIFEST_MAGIC, [0])), /expected kind/);
  });
});

describe('a tree that branches into the same nodes again and again', () => {
  function bush(commonPrefix: number): MemoryFiles {
    const database = new Database();
    let below = database.add(leafNode([{ key: 'a', value: 'x' }]));
    const keys = Array.from({ length: 16 }, (_, i) => `k${i.toString(16)}`);
    for (let height = 1; height < 60; height++) {
      const children = keys.map((key) => ({ key, commonPrefix, ...below }));
      below = database.add(interiorNode(height, children, DATA));
    }
    return database.files(below, 59);
  }

  function problemsOf(files: MemoryFiles): RestoreError[] {
    const opened = readManifest(sourceOf(files), '');
    assert.ok(opened !== null);
    const problems: RestoreError[] = [];
    walkDatabase(sourceOf(files), opened, {
      newestValue() {},
      reference() {},
      problem: (error) => problems.push(error),
    });
    return problems;
  }

  it('is walked once where the nodes are the same', { timeout: 60_000 }, () => {
    assert.deepEqual(find(bush(0), ['a', 'k5', 'k5a']), {});
    assert.deepEqual(problemsOf(bush(0)), []);
  });

  it('is given up where each path makes other keys of them', { timeout: 120_000 }, () => {
    assert.deepEqual(find(bush(2), ['a', 'k5', 'k5a']), {});
    assert.match(problemsOf(bush(2)).at(-1)?.message ?? '', /too large/);
  });
});

describe('a manifest', () => {
  it('is refused with each of its bytes changed, and at each length', () => {
    const whole = manifest([{ offset: 0, length: 10 }]);
    const open = (bytes: Uint8Array) =>
      readManifest(sourceOf(new MemoryFiles([['manifest.ocdbt', bytes]])), '');
    assert.ok(open(whole) !== null);
    for (let at = 0; at < whole.length; at++) {
      assert.throws(() => open(whole.subarray(0, at)), RestoreError);
      for (let bit = 0; bit < 8; bit++) {
        const changed = whole.slice();
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        assert.throws(() => open(changed), RestoreError);
      }
    }
  });

  it('does not exist where there is no database', () => {
    assert.equal(readManifest(sourceOf(new MemoryFiles([])), ''), null);
  });
});
