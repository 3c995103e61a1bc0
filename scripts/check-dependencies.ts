import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { cyclesOf } from './cycles.js';
import { importsOf } from './imports.js';
import { importProblem, mayComputeImports, packageProblem } from './layers.js';

/** Fails on an import against the direction of the layers, and on any circle of imports, type imports included. */

const FOLDERS = ['src', 'migrations', 'test', 'demo', 'scripts'];
/** A project of its own, which imports what is generated. */
const FOREIGN = 'test/generated-clients/typescript/';

const root = process.argv[2] ?? process.cwd();
const files = FOLDERS.flatMap((folder) => sourceFiles(join(root, folder)));
const problems: string[] = [];
const graph = new Map<string, string[]>();

for (const file of files) {
  const { specifiers, computed } = importsOf(readFileSync(join(root, file), 'utf8'));
  if (computed && !mayComputeImports(file)) problems.push(`${file}: import() of something computed`);
  graph.set(
    file,
    specifiers.flatMap((specifier) => follow(file, specifier)),
  );
}
for (const cycle of cyclesOf(graph)) problems.push(`import cycle: ${cycle.join(', ')}`);

for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(`dependencies: ${files.length} files, ${problems.length} problems\n`);
process.exitCode = problems.length === 0 && files.length > 0 ? 0 : 1;

/** The file of the tree that is imported, if it is one; notes what is wrong with it. */
function follow(file: string, specifier: string): string[] {
  const isRelative = specifier.startsWith('.');
  const target = posix.join(dirname(file), specifier).replace(/\.js$/, '.ts');
  const exists = isRelative && existsSync(join(root, target));
  const problem = isRelative ? importProblem(file, target) : packageProblem(file, specifier);
  if (isRelative && !exists) problems.push(`${file}: ${specifier}: there is no such file`);
  else if (problem !== null) problems.push(`${file}: ${specifier}: ${problem}`);
  return exists ? [target] : [];
}

function sourceFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((file) => !file.startsWith(FOREIGN))
    .sort();
}
