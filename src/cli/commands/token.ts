import { type Command, Option } from 'commander';
import { readSeconds } from '../arguments.js';
import { printJson, printLine, printLines, printNote } from '../output.js';
import { showTime } from '../terminal/figures.js';
import { type Column, tableLines } from '../terminal/table.js';
import { addTokenCommand } from '../tokens/token-command.js';
import type { OpenTokenDesk, Token, TokenRequest } from '../tokens/token-desk.js';

const COLUMNS: readonly Column<Token>[] = [
  { title: 'name', cell: ({ name }) => name },
  { title: 'scope', cell: ({ scope }) => scope },
  { title: 'runs', cell: ({ runs }) => runs.join(',') },
  { title: 'created', cell: ({ created_at: time }) => showTime(time) },
  { title: 'expires', cell: ({ expires_at: time }) => (time === null ? 'never' : showTime(time)) },
  { title: 'last used', cell: ({ last_used_at: time }) => (time === null ? 'never' : showTime(time)) },
];

export function addToken(program: Command, openDesk: OpenTokenDesk): void {
  const token = program.command('token').description('Access tokens: create, list, revoke.');
  addCreate(token, openDesk);
  addList(token, openDesk);
  addRevoke(token, openDesk);
}

interface CreateOptions {
  readonly scope: TokenRequest['scope'];
  readonly runs: readonly string[];
  readonly expiresIn?: number;
}

function addCreate(token: Command, openDesk: OpenTokenDesk): void {
  const { command, withDesk } = addTokenCommand(
    token,
    'create',
    {
      description:
        'Make a token and print it, this once. From the first token on, the server lets nobody in without one.',
      examples: [
        'steplease token create root --scope admin --db /var/lib/steplease/steplease.db    # before the first start',
        'STEPLEASE_TOKEN=$(steplease token create eval --scope lease --runs "team-a-*" --expires-in 720h)',
      ],
    },
    openDesk,
  );
  command
    .argument('<NAME>', 'its name, which logs and leases show')
    .addOption(
      new Option('--scope <SCOPE>', 'what its owner may do; lease includes read, and admin both')
        .choices(['read', 'lease', 'admin'])
        .makeOptionMandatory(),
    )
    .option(
      '--runs <PATTERN>',
      'pattern of the runs that exist for its owner, such as team-a-* (repeatable; default: all)',
      (pattern: string, before: readonly string[]) => [...before, pattern],
      [],
    )
    .option('--expires-in <DURATION>', 'time until it expires (default: never)', readSeconds);
  command.action(async (name: string, { scope, runs: patterns, expiresIn }: CreateOptions) => {
    await withDesk(true, async (desk, { json }) => {
      const runs = patterns.length === 0 ? ['*'] : patterns;
      const created = await desk.create({ name, scope, runs, expiresIn: expiresIn ?? null });
      if (json) return printJson(created);
      printLine(created.token);
      printNote(`token ${name}, scope ${scope}, runs ${runs.join(',')}: it is not shown again`);
    });
  });
}

function addList(token: Command, openDesk: OpenTokenDesk): void {
  const { command, withDesk } = addTokenCommand(
    token,
    'list',
    { description: 'List the tokens, without their texts.', examples: ['steplease token list'] },
    openDesk,
  );
  command.action(async () => {
    await withDesk(false, async (desk, { json, screen }) => {
      const items = await desk.list();
      if (json) return printJson({ items });
      if (items.length === 0) return printNote('no tokens');
      printLines(await tableLines(screen, COLUMNS, items));
    });
  });
}

function addRevoke(token: Command, openDesk: OpenTokenDesk): void {
  const { command, withDesk } = addTokenCommand(
    token,
    'revoke',
    {
      description: 'Revoke a token. Waits and streams of its owner end within seconds.',
      examples: ['steplease token revoke eval'],
    },
    openDesk,
  );
  command.argument('<NAME>', 'name of the token');
  command.action(async (name: string) => {
    await withDesk(false, async (desk, { json }) => {
      await desk.revoke(name);
      if (json) printJson({ name, revoked: true });
    });
  });
}
