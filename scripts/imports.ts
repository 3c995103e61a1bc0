import { bareSource } from './source-text.js';

const FROM_STRING = /\b(?:from|import|require)\s*\(?\s*"(\d+)"/g;
const COMPUTED = /\bimport\s*\(\s*(?!["\s])/;

export interface Imports {
  /** What is imported or exported from: static, dynamic and type imports alike, each once. */
  readonly specifiers: readonly string[];
  /** There is an `import(…)` of something computed, which no check can follow. */
  readonly computed: boolean;
}

export function importsOf(text: string): Imports {
  const { code, strings } = bareSource(text);
  const specifiers = [...code.matchAll(FROM_STRING)].map((match) => strings[Number(match[1])] ?? '');
  return { specifiers: [...new Set(specifiers)], computed: COMPUTED.test(code) };
}
