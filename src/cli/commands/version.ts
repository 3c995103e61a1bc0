import type { Command } from 'commander';
import { Type } from '../../typebox.js';
import { VERSION } from '../../version.js';
import { addServerCommand, openSession } from '../client-command.js';
import { printJson, printLines } from '../output.js';
import { type Cell, recordLines } from '../terminal/table.js';

const ServerVersion = Type.Object({ version: Type.String(), node: Type.String(), api: Type.String() });

export function addVersion(program: Command): void {
  const command = addServerCommand(program, 'version', {
    description: 'Print the version of this program and that of the server.',
    examples: ['steplease version', 'steplease version --client    # asks no server'],
  }).option('--client', 'only that of this program');
  command.action(async ({ client: isClientOnly }: { readonly client?: true }) => {
    const { client, json, screen } = openSession(command);
    const own = { version: VERSION, node: process.versions.node };
    const server = isClientOnly ? null : await client.document(ServerVersion, { path: ['version'] });
    if (json) return printJson(server === null ? { client: own } : { client: own, server });
    const fields: Record<string, Cell> = { client: `${own.version} (Node ${own.node})` };
    if (server !== null)
      fields['server'] = `${server.version} (Node ${server.node}, API ${server.api}) at ${client.server}`;
    printLines(recordLines(screen, fields));
  });
}
