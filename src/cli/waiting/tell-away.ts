import { printNote } from '../output.js';

/** Explains the silence while whoever waits waits for the server, too. */
export function tellAway({ message }: Error): void {
  printNote(`${message}; waiting for it`);
}
