import { environment } from '../../config/environment.js';

/** How results may be shown: for a person at a terminal, or for the next program in a pipe. */
export interface Screen {
  /** Aligned columns with a header; otherwise one line per row, cells separated by tabs, and nothing else. */
  readonly tables: boolean;
  readonly colors: boolean;
}

/**
 * The screen that standard output is. NO_COLOR: see no-color.org.
 *
 * @param form what the user asked for; left out: tables on a terminal, lines elsewhere.
 */
export function screen(form?: string): Screen {
  const { NO_COLOR: noColor = '', TERM: terminal } = environment();
  const isTerminal = process.stdout.isTTY === true;
  return {
    tables: form === undefined ? isTerminal : form === 'table',
    colors: isTerminal && form !== 'text' && noColor === '' && terminal !== 'dumb',
  };
}

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

const CODES: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };

export function styled({ colors }: Screen, style: Style, text: string): string {
  return colors && text !== '' ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;
}
