import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import type { Mutant } from './mutant.js';
import { MUTANTS } from './mutants.js';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const COPIED = ['dist/src', 'dist/migrations', 'dist/test'];

const wanted = process.argv.slice(2);
let survivors = 0;
for (const mutant of MUTANTS) {
  if (wanted.length > 0 && !wanted.some((word) => mutant.name.includes(word))) continue;
  const found = await hunt(mutant);
  if (found === null) survivors += 1;
  process.stdout.write(`| ${mutant.name} | ${mutant.within} | ${found ?? 'NOT FOUND'} |\n`);
}
process.stdout.write(survivors === 0 ? 'every mutant was found\n' : `${survivors} mutants were not found\n`);
process.exitCode = survivors === 0 ? 0 : 1;

/** The seed that finds a mutant, with the promise that it breaks; null: none does. */
async function hunt(mutant: Mutant): Promise<string | null> {
  const copy = await mkdtemp(join(tmpdir(), 'steplease-mutant-'));
  try {
    for (const part of COPIED) await cp(join(ROOT, part), join(copy, part), { recursive: true });
    await cp(join(ROOT, 'package.json'), join(copy, 'package.json'));
    await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    await breakBuild(mutant, copy);
    const output = await run(copy, ['--seeds', `1..${mutant.within}`, '--first']);
    const [, seed, promise] = /^seed (\d+) breaks a promise\. ([^:]*):/m.exec(output) ?? [];
    if (seed !== undefined) return `seed ${seed}: ${promise}`;
    if (/^\d+ seeds, /m.test(output)) return null;
    throw new Error(`mutant "${mutant.name}" does not run:\n${output.slice(-2_000)}`);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function breakBuild({ name, edits }: Mutant, copy: string): Promise<void> {
  const sources = new Map<string, string>();
  for (const { file, piece, instead } of edits) {
    const source = sources.get(file) ?? (await readFile(join(ROOT, 'src', file), 'utf8'));
    const places = source.split(piece).length - 1;
    if (places !== 1)
      throw new Error(
        `mutant "${name}": ${file} has its piece ${places} times, not once; mend test/simulation/mutants/mutants.ts`,
      );
    sources.set(
      file,
      source.replace(piece, () => instead),
    );
  }
  for (const [file, source] of sources) {
    const { code } = await transform(source, { loader: 'ts', format: 'esm', target: 'es2023' });
    await writeFile(join(copy, 'dist/src', file.replace(/\.ts$/, '.js')), code);
  }
}

function run(copy: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(copy, 'dist/test/simulation/main.js'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (piece) => (output += String(piece)));
    child.stderr.on('data', (piece) => (output += String(piece)));
    child.on('error', reject);
    child.on('close', () => resolve(output));
  });
}
