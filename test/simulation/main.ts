import { parseArguments } from './arguments.js';
import { reportViolation } from './report.js';
import { simulate } from './simulation.js';

const { from, to, hours, isFirstOnly } = parseArguments(process.argv.slice(2));
const began = performance.now();
let steps = 0;
let failed = 0;
for (let seed = from; seed <= to; seed++) {
  const history = await simulate(seed, hours);
  steps += history.steps;
  if (from === to) process.stdout.write(`seed ${seed}: ${history.steps} steps, trace ${history.hash}\n`);
  if (history.violation === null) continue;
  failed += 1;
  process.stdout.write(`${await reportViolation(history, hours)}\n\n`);
  if (isFirstOnly) break;
}
const seconds = (performance.now() - began) / 1000;
const count = to - from + 1;
process.stdout.write(
  `${count} seeds, ${(count * hours).toFixed(1)} virtual hours, ${steps} steps, ${seconds.toFixed(1)} s: ${failed} broke a promise\n`,
);
process.exitCode = failed === 0 ? 0 : 1;
