/**
 * The columns of a change, without those that it leaves alone. Always in the order of `columns`, so that a few statements serve every
 * change; and a caller may hand in a whole record, of which only what may change is taken.
 */
export function changedColumns<Change extends object, Row extends object>(
  columns: { readonly [K in keyof Required<Change>]: keyof Row & string },
  change: Change,
): Partial<Row> {
  const changed: Partial<Row> = {};
  for (const [field, column] of Object.entries(columns)) {
    const value = Reflect.get(change, field);
    if (value !== undefined) {
      Object.assign(changed, { [String(column)]: value });
    }
  }
  return changed;
}
