import { printable } from './printable.js';
import { type Screen, styled } from './screen.js';

export type Cell = string | number | boolean | null | undefined;

export interface Column<Row> {
  readonly title: string;
  /** Numbers stand at the right of their column. */
  readonly right?: boolean;
  cell(row: Row): Cell;
}

const GAP = '  ';
/** Where nothing is known, so that columns can be counted. */
const NOTHING = '-';

/** The lines of a table. Cells come from the network: none reaches the screen as it is. */
export async function tableLines<Row>(
  screen: Screen,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Promise<readonly string[]> {
  const cells = rows.map((row) => columns.map((column) => show(column.cell(row))));
  if (!screen.tables) return cells.map((row) => row.join('\t'));
  if (rows.length === 0) return [];
  // Loaded for tables alone: its patterns of all of Unicode would take each command 35 ms.
  const { default: stringWidth } = await import('string-width');
  const titles = columns.map(({ title }) => title.toUpperCase());
  const widths = columns.map((_column, at) =>
    Math.max(...[titles, ...cells].map((row) => stringWidth(row[at] ?? ''))),
  );
  const align = (row: readonly string[]): string =>
    row
      .map((text, at) => pad(text, (widths[at] ?? 0) - stringWidth(text), columns[at]?.right === true))
      .join(GAP)
      .trimEnd();
  return [styled(screen, 'bold', align(titles)), ...cells.map(align)];
}

/** The lines of one document: names at the left, values at the right. */
export function recordLines(screen: Screen, fields: Readonly<Record<string, Cell>>): readonly string[] {
  const rows = Object.entries(fields);
  if (!screen.tables) return rows.map(([name, value]) => `${name}\t${show(value)}`);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${styled(screen, 'bold', name.padEnd(width))}${GAP}${show(value)}`);
}

function show(cell: Cell): string {
  return cell === null || cell === undefined || cell === '' ? NOTHING : printable(String(cell));
}

/** In columns of the screen: a wide character takes two, a combining one none. */
function pad(text: string, columns: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, columns));
  return right ? `${space}${text}` : `${text}${space}`;
}
