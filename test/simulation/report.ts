import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { History } from './simulation.js';

const LAST_EVENTS = 50;

/** What somebody needs who is to mend what a history broke: the promise, what came before, how to see it again. */
export async function reportViolation(history: History, hours: number): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'steplease-simulation-'));
  const file = join(directory, `seed-${history.seed}.log`);
  await writeFile(file, `${history.events.join('\n')}\n`);
  const { violation } = history;
  return [
    ...history.events.slice(-LAST_EVENTS),
    '',
    `seed ${history.seed} breaks a promise. ${violation?.message ?? ''}`,
    ...(violation?.name === 'Violation' ? [] : [violation?.stack ?? '']),
    `replay: npm run test:simulation -- --seed ${history.seed} --hours ${hours}`,
    `trace: ${file}`,
  ].join('\n');
}
