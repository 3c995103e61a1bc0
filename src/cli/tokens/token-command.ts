import type { Command } from 'commander';
import { addServerCommand, openSession, type Session } from '../client-command.js';
import { UsageError } from '../usage-error.js';
import { serverTokens } from './server-tokens.js';
import type { OpenTokenDesk, TokenDesk } from './token-desk.js';

type Form = Pick<Session, 'json' | 'screen'>;

/** Adds a verb that works over a server, or with `--db` on a database that no server has. */
export function addTokenCommand(
  parent: Command,
  usage: string,
  shape: { readonly description: string; readonly examples: readonly string[] },
  openDesk: OpenTokenDesk,
): {
  readonly command: Command;
  /** @param create whether a database that is not there is made. */
  readonly withDesk: <T>(create: boolean, action: (desk: TokenDesk, form: Form) => Promise<T>) => Promise<T>;
} {
  const command = addServerCommand(parent, usage, shape).option(
    '--db <FILE>',
    'work on this database instead, while no server runs: how the first token is made',
  );
  return {
    command,
    withDesk: async (create, action) => {
      const { db, server } = command.optsWithGlobals();
      if (db !== undefined && server !== undefined)
        throw new UsageError('--db and --server exclude each other', 'give one of them');
      const session = openSession(command);
      const desk = db === undefined ? serverTokens(session.client) : await openDesk(db, create);
      try {
        return await action(desk, session);
      } finally {
        await desk.close();
      }
    },
  };
}
