import { listAll } from '../client/list-all.js';
import type { ServerClient } from '../client/server-client.js';
import { CreatedToken, Token, type TokenDesk } from './token-desk.js';

export function serverTokens(client: ServerClient): TokenDesk {
  return {
    create: ({ name, scope, runs, expiresIn }) =>
      client.document(CreatedToken, {
        method: 'POST',
        path: ['tokens'],
        body: { name, scope, runs, expires_in: expiresIn },
      }),
    list: async () => (await listAll(client, Token, { path: ['tokens'] })).items,
    revoke: async (name) => {
      await client.text({ method: 'DELETE', path: ['tokens', name] });
    },
    close: async () => undefined,
  };
}
