import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { comparePaths, compareStrings, type TreePath } from '../../../src/engine/restore/order.js';
import { arrangeTree } from '../../../src/engine/restore/tree-structure.js';

const text = fc.string({ unit: 'binary', maxLength: 6 });

describe('the order of strings', () => {
  it('is that of their UTF-8 bytes', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        assert.equal(Math.sign(compareStrings(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 1000 },
    );
  });

  it('puts what lies beyond 16 bits last', () => {
    assert.deepEqual(['\u{1f600}', '\uffee', 'a', '10', '9'].sort(compareStrings), [
      '10',
      '9',
      'a',
      '\uffee',
      '\u{1f600}',
    ]);
  });
});

describe('arranging a tree', () => {
  function arrange(...paths: TreePath[]): TreePath[] | string {
    const arranged = arrangeTree(paths.map((path) => ({ path })));
    return typeof arranged === 'string' ? arranged : arranged.map(({ path }) => path);
  }

  it('sorts keys as strings and indices as numbers', () => {
    const list = Array.from({ length: 12 }, (_, i) => ['l', 11 - i] as const);
    assert.deepEqual(arrange(['b'], ...list, ['a', '10'], ['a', '9']), [
      ['a', '10'],
      ['a', '9'],
      ['b'],
      ...[...list].reverse(),
    ]);
  });

  it('drops a node that has others below it', () => {
    assert.deepEqual(arrange(['a'], ['a', 'b'], []), [['a', 'b']]);
    assert.deepEqual(arrange([]), [[]]);
  });

  it('refuses indices with a gap, from elsewhere than 0, or twice', () => {
    assert.match(String(arrange(['l', 0], ['l', 2])), /index 2 follows/);
    assert.match(String(arrange(['l', 1])), /index 1 follows/);
    assert.match(String(arrange(['a'], ['b', 0, 'x'], ['b', 0, 'y'], ['b', 3])), /index 3/);
    assert.match(String(arrange(['l', 0], ['l', 0])), /twice/);
    assert.match(String(arrange(['a', 0, 0], ['a', 1, 1])), /index 1 follows/);
  });

  it('refuses keys beside indices', () => {
    assert.match(String(arrange(['l', 0], ['l', 'x'])), /mixed/);
    assert.match(String(arrange([0], ['x'])), /mixed/);
  });

  it('refuses to be nothing', () => assert.match(String(arrange()), /no nodes/));

  it('accepts every real tree, in any order', () => {
    const { tree } = fc.letrec<{ tree: unknown; leaf: number }>((tie) => ({
      leaf: fc.constant(0),
      tree: fc.oneof(
        { maxDepth: 4 },
        tie('leaf'),
        fc.array(tie('tree'), { minLength: 1, maxLength: 4 }),
        fc.dictionary(text, tie('tree'), { minKeys: 1, maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(tree, fc.infiniteStream(fc.nat()), (root, random) => {
        const paths = [...leavesOf(root, [])];
        const shuffled = paths
          .map((path) => ({ path, rank: random.next().value }))
          .sort((a, b) => a.rank - b.rank);
        assert.deepEqual(arrange(...shuffled.map(({ path }) => path)), [...paths].sort(comparePaths));
      }),
    );
  });
});

function* leavesOf(node: unknown, path: TreePath): Generator<TreePath> {
  if (Array.isArray(node)) for (const [i, child] of node.entries()) yield* leavesOf(child, [...path, i]);
  else if (typeof node === 'object' && node !== null) {
    for (const [key, child] of Object.entries(node)) yield* leavesOf(child, [...path, key]);
  } else yield path;
}
