import { environment } from '../../config/environment.js';

/** How results may be shown: for a person at a terminal, or for the next program in a pipe. */
export interface Screen {
  /** Aligned columns with a header; otherwise one line per row, cells separated by tabs, and nothing else. */
  readonly tables: boolean;
  readonly colors: boolean;
}

/** Of standard output. NO_COLOR: see no-color.org. */
export function screen(): Screen {
  const { NO_COLOR: noColor = '', TERM: terminal } = environment();
  const tables = process.stdout.isTTY === true;
  return { tables, colors: tables && noColor === '' && terminal !== 'dumb' };
}

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

const CODES: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };

export function styled({ colors }: Screen, style: Style, text: string): string {
  return colors && text !== '' ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;
}
