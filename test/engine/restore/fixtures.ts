import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RestoreArgsOptions } from '../../../src/engine/restore/restore-args.js';
import { readTargetBody, type TargetBody } from '../../../src/engine/restore/target-body.js';
import { MemoryFiles } from './memory-files.js';

const DIRECTORY = join(import.meta.dirname, '../../../../test/fixtures/restore');
const LAYOUTS = join(DIRECTORY, 'layouts');

export const STRICT: RestoreArgsOptions = { setGlobalShape: true, strict: true };
export const LOOSE: RestoreArgsOptions = { setGlobalShape: false, strict: false };

/** Files in one JSON document: git keeps no empty directories, and Orbax's are small. */
export interface StoredFiles {
  readonly directories: readonly string[];
  readonly files: Readonly<Record<string, { text: string } | { base64: string }>>;
}

/** A layout written by real Orbax, with real Orbax's answers, as `test/scenarios/restore/generate.py` bundles it. */
export interface Fixture extends StoredFiles {
  readonly name: string;
  /** The item's directory below the layout's own. */
  readonly item: string;
  readonly answer?: unknown;
  readonly loose_answer?: unknown;
  /** What Orbax raises instead of answering. */
  readonly error?: string;
}

export function fixtureNames(): string[] {
  return readdirSync(LAYOUTS)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

export function loadFixture(name: string): Fixture {
  const text = readFileSync(join(LAYOUTS, `${name}.json`), 'utf8');
  return { name, ...JSON.parse(text) };
}

export function contentsOf(fixture: StoredFiles): [string, Uint8Array][] {
  return Object.entries(fixture.files).map(([path, content]) => [
    path,
    'text' in content
      ? new TextEncoder().encode(content.text)
      : new Uint8Array(Buffer.from(content.base64, 'base64')),
  ]);
}

/** The whole layout. */
export function filesOf(fixture: StoredFiles): MemoryFiles {
  return new MemoryFiles(contentsOf(fixture), fixture.directories);
}

export function itemOf(fixture: Fixture): MemoryFiles {
  return filesOf(fixture).within(fixture.item);
}

/** Writes the layout into a real directory. */
export function unpack(fixture: StoredFiles, directory: string): void {
  for (const path of fixture.directories) mkdirSync(join(directory, path), { recursive: true });
  for (const [path, content] of contentsOf(fixture)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
}

/** What a client sends. */
export function bodyOf(value: unknown): TargetBody {
  return readTargetBody(new TextEncoder().encode(JSON.stringify(value)));
}

/** A body of POST with what the real function makes of it. */
export interface TargetCase {
  readonly name: string;
  readonly body: unknown;
  readonly answer?: unknown;
  readonly error?: string;
}

export function loadTargetCases(): readonly TargetCase[] {
  return JSON.parse(readFileSync(join(DIRECTORY, 'targets.json'), 'utf8'));
}
