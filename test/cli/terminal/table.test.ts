import assert from 'node:assert/strict';
import test from 'node:test';
import { type Column, tableLines } from '../../../src/cli/terminal/table.js';

const COLUMNS: readonly Column<readonly [string, string]>[] = [
  { title: 'run', cell: ([name]) => name },
  { title: 'note', right: true, cell: ([, note]) => note },
];

test('columns are aligned by what characters take on the screen', async () => {
  // Two columns each; then "é" as two code points that take one; then a family that is one emoji.
  const rows = [
    ['検証', '一'],
    ['cafe\u0301', 'ab'],
    ['👩‍👩‍👧', 'c'],
  ] as const;

  const lines = await tableLines({ tables: true, colors: false }, COLUMNS, rows);

  assert.deepEqual(lines, ['RUN   NOTE', '検証    一', 'cafe\u0301    ab', '👩‍👩‍👧       c']);
});
