import type { Command } from 'commander';
import { readSeconds } from '../arguments.js';
import { Lease } from '../client/documents.js';
import { addClientCommand, openSession } from '../client-command.js';
import { addLeaseArgument, leaseIdOf } from '../lease-argument.js';
import { printJson, printLines } from '../output.js';
import { recordLines } from '../terminal/table.js';
import { leaseFields } from './lease-columns.js';

export function addLeaseRenew(lease: Command): void {
  const command = addLeaseArgument(
    addClientCommand(lease, 'renew', {
      description: 'Start the TTL of a lease again from now.',
      examples: ['steplease lease renew ls_5n2Xw0b7QkqkL8c1d3fZpA --ttl 10m'],
    }),
  ).option('--ttl <DURATION>', 'set another TTL', readSeconds);
  command.action(async (given: string | undefined, { ttl }: { readonly ttl?: number }) => {
    const { client, json, screen } = openSession(command);
    const path = ['leases', leaseIdOf(given), 'renew'];
    const renewed = await client.document(Lease, { method: 'POST', path, body: { ttl } });
    if (json) return printJson(renewed);
    printLines(recordLines(screen, leaseFields(renewed)));
  });
}

export function addLeaseRelease(lease: Command): void {
  const command = addLeaseArgument(
    addClientCommand(lease, 'release', {
      description:
        'Release a lease. The last release of a snapshot removes its path. A second release changes nothing.',
      examples: ['steplease lease release ls_5n2Xw0b7QkqkL8c1d3fZpA'],
    }),
  );
  command.action(async (given: string | undefined) => {
    const { client, json } = openSession(command);
    const id = leaseIdOf(given);
    await client.text({ method: 'DELETE', path: ['leases', id] });
    if (json) printJson({ id, released: true });
  });
}
