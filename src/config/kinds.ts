import { resolve } from 'node:path';
import { parseDuration } from './duration.js';

export type Kind = 'text' | 'integer' | 'duration' | 'boolean' | 'path' | 'texts' | 'paths' | 'runs';

/** How a kind's argument is shown in `--help`. */
export const PLACEHOLDER: Readonly<Record<Kind, string | null>> = {
  text: 'TEXT',
  integer: 'N',
  duration: 'DURATION',
  boolean: null,
  path: 'PATH',
  texts: 'TEXT',
  paths: 'DIR',
  runs: 'NAME=DIR',
};

/** What separates the items of a list in an environment variable; null: not a list. Origins and hosts contain colons, paths commas. */
export const SEPARATOR: Readonly<Record<Kind, string | null>> = {
  text: null,
  integer: null,
  duration: null,
  boolean: null,
  path: null,
  texts: ',',
  paths: ':',
  runs: ':',
};

/**
 * Reads a value the way it may be written: as a text (flag, variable) or as YAML has it. Undefined when it is nothing of this kind; whether it
 * obeys the setting's schema is asked afterwards.
 *
 * @param base directory that relative paths start from.
 */
export function readAs(kind: Kind, raw: unknown, base: string): unknown {
  switch (kind) {
    case 'text':
      return typeof raw === 'string' ? raw : undefined;
    case 'integer':
      return typeof raw === 'string' && /^[+-]?\d+$/.test(raw) ? Number(raw) : numeric(raw);
    case 'duration':
      return typeof raw === 'string' ? (parseDuration(raw) ?? undefined) : seconds(raw);
    case 'boolean':
      return readBoolean(raw);
    case 'path':
      return typeof raw === 'string' && raw !== '' ? resolve(base, raw) : undefined;
    case 'texts':
      return readEach('text', raw, base);
    case 'paths':
      return readEach('path', raw, base);
    case 'runs':
      return Array.isArray(raw) ? raw : [raw];
  }
}

function numeric(raw: unknown): number | undefined {
  return typeof raw === 'number' ? raw : undefined;
}

function seconds(raw: unknown): number | undefined {
  return typeof raw === 'number' ? Math.round(raw * 1_000) : undefined;
}

function readBoolean(raw: unknown): boolean | undefined {
  if (raw === true || raw === 'true' || raw === '1') return true;
  return raw === false || raw === 'false' || raw === '0' ? false : undefined;
}

function readEach(kind: Kind, raw: unknown, base: string): unknown[] | undefined {
  const values = (Array.isArray(raw) ? raw : [raw]).map((item: unknown) => readAs(kind, item, base));
  return values.includes(undefined) ? undefined : values;
}
