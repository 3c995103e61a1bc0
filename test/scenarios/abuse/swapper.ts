import { renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Puts symbolic links to a directory outside in the place of a step, of its directory and of its file, one after the other, until it is told
 * to end; then it prints how often. Arguments: the step, the directory outside.
 */
const [step = '', outside = ''] = process.argv.slice(2);
const PLACES = [
  { path: join(step, 'default'), target: join(outside, 'default') },
  { path: join(step, 'default', 'data'), target: join(outside, 'default', 'data') },
  { path: join(step, 'default', 'd'), target: join(outside, 'default', 'd') },
  { path: step, target: outside },
];
const ROUND = 500;
let swaps = 0;

function swap(path: string, target: string): void {
  const aside = `${path}.aside`;
  renameSync(path, aside);
  symlinkSync(target, path);
  unlinkSync(path);
  renameSync(aside, path);
  swaps += 1;
}

function round(): void {
  for (let i = 0; i < ROUND; i += 1) for (const { path, target } of PLACES) swap(path, target);
  // Between two rounds, so that the word to end can come in.
  setImmediate(round);
}

process.on('message', () => {
  process.send?.(swaps);
  process.exit();
});
round();
