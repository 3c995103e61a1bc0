import { constants } from 'node:os';

/** The exit status that shells give a program that a signal ended. */
export function signalStatus(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
