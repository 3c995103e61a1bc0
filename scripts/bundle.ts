import { type BuildOptions, build } from 'esbuild';

/*
 * Puts modules of `dist/src` together: Node 20 takes about half a millisecond for each file that it loads, and a start read a thousand.
 *
 * First the two libraries of many small files, in place of the modules that list what is used of them. Then the program and what it starts
 * beside itself. Code that several of them need, or that is loaded on use, goes into pieces directly in `dist/src` (see `src/own-file.ts`).
 * Tests import the modules as they were compiled, and start the program as it is here.
 */
const TREE = 'dist/src';
const LIBRARIES = ['typebox', 'kysely'];
const PROGRAMS = ['cli/main', 'adapters/filesystem/worker', 'adapters/restore/reader-program'];

const COMMON: BuildOptions = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  outbase: TREE,
  outdir: TREE,
  allowOverwrite: true,
  logLevel: 'warning',
};

await build({
  ...COMMON,
  entryPoints: LIBRARIES.map(compiled),
  banner: {
    js: '/*! Contains TypeBox or Kysely, both MIT: node_modules/typebox/license, node_modules/kysely/LICENSE */',
  },
});
await build({
  ...COMMON,
  entryPoints: [...PROGRAMS, ...LIBRARIES].map((name) => ({
    in: compiled(name),
    out: name === 'cli/main' ? 'steplease' : name,
  })),
  packages: 'external',
  splitting: true,
  chunkNames: 'chunk-[hash]',
});

function compiled(name: string): string {
  return `${TREE}/${name}.js`;
}
