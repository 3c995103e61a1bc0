import { Check, type Static, type TSchema } from '../typebox.js';
import type { Kind } from './kinds.js';

/**
 * One thing that a user can set. Everything else follows from it: the type of the value in code, the flag, the environment variable, the
 * key in the file, the documentation.
 */
export interface Setting<T = unknown> {
  /** The key in the file; flag and variable are derived from it. */
  readonly name: string;
  /** How a text or a value of the file becomes a value. */
  readonly kind: Kind;
  /** What the value must be then. */
  readonly schema: TSchema;
  /** As a user would write it in the file; null when there is none. */
  readonly fallback: string | number | boolean | readonly string[] | null;
  readonly description: string;
  accepts(value: unknown): value is T;
}

export type SettingsTable = Readonly<Record<string, Setting>>;

/** The typed values of a table of settings. */
export type ValuesOf<Table extends SettingsTable> = {
  readonly [Key in keyof Table]: Table[Key] extends Setting<infer T> ? T : never;
};

type Shape = Omit<Setting, 'schema' | 'fallback' | 'accepts'>;

export function setting<S extends TSchema>(
  shape: Shape,
  schema: S,
  fallback: NonNullable<Setting['fallback']>,
): Setting<Static<S>> {
  const accepts = (value: unknown): value is Static<S> => Check(schema, value);
  return { ...shape, schema, fallback, accepts };
}

/** A setting that need not be set: its value is null then. */
export function optional<S extends TSchema>(shape: Shape, schema: S): Setting<Static<S> | null> {
  const accepts = (value: unknown): value is Static<S> | null => value === null || Check(schema, value);
  return { ...shape, schema, fallback: null, accepts };
}

export function flagOf(setting: Setting): string {
  return `--${setting.name.replaceAll('_', '-')}`;
}

export function variableOf(setting: Setting): string {
  return `STEPLEASE_${setting.name.toUpperCase()}`;
}
