import type { Command } from 'commander';
import { environment } from '../config/environment.js';
import { EXIT, ExitError } from './exit-code.js';

/** A lease is named by its id, which the command that `steplease exec` runs need not repeat. */
export function addLeaseArgument(command: Command): Command {
  return command.argument('[LEASE]', 'id of the lease (default: the variable STEPLEASE_LEASE_ID)');
}

export function leaseIdOf(given: string | undefined): string {
  const id = given ?? environment()['STEPLEASE_LEASE_ID'];
  if (id !== undefined && id !== '') return id;
  throw new ExitError(
    EXIT.usage,
    'no lease is named: give its id, as "lease acquire" printed it, or set STEPLEASE_LEASE_ID',
  );
}
