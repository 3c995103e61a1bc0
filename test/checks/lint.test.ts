import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../support/temporary-folder.js';
import { run } from './run-check.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const CONFIGURATION = ['biome.json', 'scripts/lint/clock.grit'];

/** Lints files with the project's own configuration; gives what was found, one line for each finding. */
function lint(test: TestContext, files: Readonly<Record<string, string>>): readonly string[] {
  const configuration = CONFIGURATION.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]);
  const folder = temporaryFolder(test, { ...Object.fromEntries(configuration), ...files });
  const lintAll = ['lint', '--reporter=github', '--max-diagnostics=none'];
  const { output } = run(join(ROOT, 'node_modules/.bin/biome'), lintAll, folder);
  return output.split('\n').filter((line) => line.startsWith('::error'));
}

/** Each with the rule that finds it. */
const FORBIDDEN: readonly (readonly [string, string])[] = [
  ['export const a = Date.now();', 'Clock port'],
  ['export const a = { now: Date.now };', 'Clock port'],
  ['export const a = new Date();', 'Clock port'],
  ['export const a = Math.random();', 'Clock port'],
  ['export const a = performance.now();', 'Clock port'],
  ['setTimeout(() => {}, 1);', 'noRestrictedGlobals'],
  ['setInterval(() => {}, 1);', 'noRestrictedGlobals'],
  ['globalThis.setTimeout(() => {}, 1);', 'noRestrictedGlobals'],
  ['export const a = crypto.randomUUID();', 'noRestrictedGlobals'],
  [
    `import { setTimeout as sleep } from 'node:timers/promises';\nexport const a = sleep;`,
    'noRestrictedImports',
  ],
  [`import { performance } from 'node:perf_hooks';\nexport const a = performance;`, 'noRestrictedImports'],
  [`import { randomBytes } from 'node:crypto';\nexport const a = randomBytes;`, 'noRestrictedImports'],
  [`import { env } from 'node:process';\nexport const a = env;`, 'noRestrictedImports'],
  [`import { readFileSync } from 'node:fs';\nexport const a = readFileSync;`, 'noRestrictedImports'],
  [`import { readFile } from 'node:fs/promises';\nexport const a = readFile;`, 'noRestrictedImports'],
  [`import { exec } from 'node:child_process';\nexport const a = exec;`, 'noRestrictedImports'],
  ["export const a = process.env['HOME'];", 'noProcessEnv'],
  ['console.log(1);', 'noConsole'],
];

for (const folder of ['src/engine', 'src/routes', 'src/adapters']) {
  test(`what goes around the ports is an error in ${folder}`, (t) => {
    const files = FORBIDDEN.map(([text], index) => [`${folder}/case-${index}.ts`, text]);
    const findings = lint(t, Object.fromEntries(files));

    for (const [index, [text, message]] of FORBIDDEN.entries()) {
      const ofFile = findings.filter((finding) => finding.includes(`case-${index}.ts`)).join('\n');
      assert.match(ofFile, new RegExp(message), text);
    }
  });
}

const ALLOWED: readonly (readonly [string, string])[] = [
  ['src/engine/x.ts', 'export const a = (ms: number): string => new Date(ms).toISOString();\n'],
  [
    'src/adapters/system-clock.ts',
    'export const a = [Date.now(), Math.random(), performance.now(), setTimeout];\n',
  ],
  ['src/adapters/x.ts', `import { createHash } from 'node:crypto';\n\nexport const a = createHash;\n`],
  ['src/config/environment.ts', `export const a = process.env['HOME'];\n`],
  ['src/config/file.ts', `import { readFileSync } from 'node:fs';\n\nexport const a = readFileSync;\n`],
  [
    'src/adapters/filesystem/x.ts',
    `import { statSync } from 'node:fs';\n\nexport const a = [statSync, performance.now()];\n`,
  ],
  [
    'src/adapters/sqlite/x.ts',
    `import { setImmediate } from 'node:timers/promises';\n\nexport const a = setImmediate;\n`,
  ],
  ['test/x.ts', 'setTimeout(() => {}, Date.now());\n'],
];

test('what a port is made of is allowed where the port is made, and pure uses of Date everywhere', (t) => {
  assert.deepEqual(lint(t, Object.fromEntries(ALLOWED)), []);
});
