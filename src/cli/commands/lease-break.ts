import type { Command } from 'commander';
import { readCount } from '../arguments.js';
import { PublicLease } from '../client/documents.js';
import { addClientCommand, openSession } from '../client-command.js';
import { printJson, printLines } from '../output.js';
import { tableLines } from '../terminal/table.js';
import { LEASE_COLUMNS } from './lease-columns.js';

export function addLeaseBreak(lease: Command): void {
  const command = addClientCommand(lease, 'break', {
    description: 'End the lease of somebody else. The holder learns that the lease was broken, and why.',
    examples: ['steplease lease break 118 --reason "the disk is full"    # numbers: steplease lease list'],
  })
    .argument('<NUMBER>', 'public number of the lease', readCount)
    .option('--reason <TEXT>', 'reason that the holder is told');
  command.action(async (number: number, { reason }: { readonly reason?: string }) => {
    const { client, json, screen } = openSession(command);
    const broken = await client.document(PublicLease, {
      method: 'POST',
      path: ['leases', 'break'],
      body: { number, reason },
    });
    if (json) return printJson(broken);
    printLines(await tableLines(screen, LEASE_COLUMNS, [broken]));
  });
}
