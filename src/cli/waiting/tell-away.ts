import { printErrorLine } from '../output.js';
import { printable } from '../terminal/printable.js';

/** Explains the silence while whoever waits waits for the server, too. */
export function tellAway({ message }: Error): void {
  printErrorLine(printable(`${message}; waiting for it`));
}
