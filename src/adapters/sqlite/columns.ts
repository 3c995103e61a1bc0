import { type RawBuilder, sql } from '../../kysely.js';

/** The arguments as the values of an insert: one for each column, under its name. */
export function valuesOf<Row extends object>(columns: readonly (keyof Row & string)[], args: Row): Row {
  // Every column of the row is listed, which each table's tests prove by reading back what they put.
  return Object.fromEntries(columns.map((column) => [column, args[column]])) as Row;
}

/** For `on conflict do update`: everything becomes what the insert brought. */
export function valuesOfInsert<Row extends object>(
  columns: readonly (keyof Row & string)[],
): { readonly [K in keyof Row]: RawBuilder<Row[K]> } {
  const entries = columns.map((column) => [column, sql`excluded.${sql.ref(column)}`]);
  // As above; and `excluded` has the columns of the row, with their types.
  return Object.fromEntries(entries) as { readonly [K in keyof Row]: RawBuilder<Row[K]> };
}

export function toJson(value: unknown): string {
  return JSON.stringify(value);
}

export function toJsonOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}

/** The column was written by `toJson` from a value of that type, and by nobody else. */
export function fromJson<T>(text: string): T {
  return JSON.parse(text) as T;
}

export function fromJsonOrNull<T>(text: string | null): T | null {
  return text === null ? null : fromJson<T>(text);
}
