import { type Command, Option } from 'commander';
import { readStep } from '../arguments.js';
import { PublicLease } from '../client/documents.js';
import { listAll } from '../client/list-all.js';
import { addClientCommand, openSession } from '../client-command.js';
import { printJson, printLines, printNote } from '../output.js';
import { tableLines } from '../terminal/table.js';
import { LEASE_COLUMNS } from './lease-columns.js';

export function addLeaseList(lease: Command): void {
  const command = addClientCommand(lease, 'list', {
    description: 'List leases. Without --run, of all runs. Only its holder knows the id of a lease.',
    examples: ['steplease lease list', 'steplease lease list --state all --step 12000'],
  })
    .option('--step <N>', 'only leases of this step', readStep)
    .addOption(
      new Option('--state <STATE>', 'only leases in this state')
        .choices(['active', 'released', 'expired', 'broken', 'lost', 'all'])
        .default('active'),
    );
  command.action(async ({ step, state }: { readonly step?: number; readonly state: string }) => {
    const { client, run, json, screen } = openSession(command);
    const list = await listAll(client, PublicLease, { path: ['leases'], query: { run, step, state } });
    if (json) return printJson(list);
    if (list.items.length === 0) return printNote('no leases');
    printLines(await tableLines(screen, LEASE_COLUMNS, list.items));
  });
}
