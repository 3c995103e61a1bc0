/** Gives the row's columns of a change, without the fields it leaves alone. */
export function changedColumns<Change extends object, Row extends object>(
  columns: { readonly [K in keyof Required<Change>]: keyof Row & string },
  change: Change,
): Partial<Row> {
  const changed: Partial<Row> = {};
  for (const field of Object.keys(change)) {
    // Keys of a `Change`: fields that `columns` does not have are refused by the compiler where the change is written.
    const value = change[field as keyof Change];
    if (value !== undefined) {
      Object.assign(changed, { [columns[field as keyof Change]]: value });
    }
  }
  return changed;
}
