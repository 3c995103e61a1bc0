import assert from 'node:assert/strict';
import test from 'node:test';
import { importsOf } from '../../scripts/imports.js';

const FOUND: readonly (readonly [string, string])[] = [
  [`import a from 'x'`, 'default'],
  [`import {\n  a, // from 'y'\n  type B,\n} from "x";`, 'several lines with a comment'],
  [`import 'x'`, 'side effect'],
  [`import type * as a from 'x';`, 'types'],
  [`export * from 'x'; export { a } from 'x';`, 'export, once'],
  [`const a = await import( /* why */ 'x');`, 'lazy'],
  [`let a: typeof import('x');`, 'type query'],
  [`createRequire(import.meta.url); const b = require('x');`, 'require'],
  ['const t = `${await import("x")}`;', 'inside a template'],
  [`const r = /['"\`]/; import 'x';`, 'behind a regular expression with quotes'],
  [`const q = a / b; const s = "'"; import 'x'; // c / d`, 'behind a division'],
  [`const t = \`a \${{ b: \`\${c}\` }.b} '\`; import 'x';`, 'behind nested templates'],
  [`#!/usr/bin/env node\nimport 'x';`, 'behind a shebang'],
];

for (const [text, what] of FOUND) {
  test(`an import is found: ${what}`, () => assert.deepEqual(importsOf(text).specifiers, ['x']));
}

const NOT_FOUND: readonly string[] = [
  `// import 'x'`,
  `/* import 'x' */`,
  `const s = "import 'x'";`,
  'const t = `import "x" from "x" ${1}`;',
  `const r = /import "x"/;`,
  `Array.from(['x']); important('x');`,
];

for (const text of NOT_FOUND) {
  test(`this is no import: ${text}`, () =>
    assert.deepEqual(importsOf(text), { specifiers: [], computed: false }));
}

for (const text of ['import(name)', 'import(`./${name}.js`)', 'import(new URL("x", here).href)']) {
  test(`this is a computed import: ${text}`, () => assert.equal(importsOf(text).computed, true));
}
