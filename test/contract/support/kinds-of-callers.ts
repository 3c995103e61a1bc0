import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { SCOPES, type Scope } from '../../../src/engine/access/scope.js';
import { SECRET_BYTES, tokenText } from '../../../src/engine/access/token-text.js';
import type { FakeClock } from '../../support/fake-clock.js';
import type { RunningServer } from '../../support/running-server.js';

export const FOREIGN = 'https://evil.example';

/** One kind of caller: how it says who it is, and what the server ought to make of that. */
export interface Caller {
  readonly name: string;
  /** Null: the server knows nobody by these credentials. */
  readonly scope: Scope | null;
  readonly cookie: boolean;
  readonly origin: 'own' | 'foreign' | 'none';
  /** Whether `default`, the one run that there is, is outside of the token's runs. */
  readonly limited: boolean;
  /** Anew for each request: some requests end the session that they come with. */
  headers(): Promise<Readonly<Record<string, string>>>;
}

const STRANGER = { scope: null, cookie: false, origin: 'none', limited: false } as const;

/** Closes the server with an admin's token, and returns callers of every kind. */
export async function kindsOfCallers(server: RunningServer, clock: FakeClock): Promise<readonly Caller[]> {
  const make = async (wish: object): Promise<string> =>
    (await server.ok(server.post('/tokens', wish), 201)).token;
  const root = await make({ name: 'root', scope: 'admin' });
  server.token = root;
  const revoked = await make({ name: 'revoked', scope: 'admin' });
  await server.ok(server.delete('/tokens/revoked'), 204);
  const expired = await make({ name: 'expired', scope: 'admin', expires_in: 60 });
  clock.advance(60_000);
  const limited = await make({ name: 'limited', scope: 'admin', runs: ['other-*'] });
  const unknown = tokenText(randomBytes(SECRET_BYTES));
  const bearer = (text: string) => async () => ({ authorization: `Bearer ${text}` });
  const callers: Caller[] = [
    { ...STRANGER, name: 'no token', headers: async () => ({}) },
    { ...STRANGER, name: 'malformed token', headers: bearer(root.slice(0, -1)) },
    { ...STRANGER, name: 'unknown token', headers: bearer(unknown) },
    { ...STRANGER, name: 'expired token', headers: bearer(expired) },
    { ...STRANGER, name: 'revoked token', headers: bearer(revoked) },
    { ...STRANGER, name: 'other scheme', headers: async () => ({ authorization: `Basic ${root}` }) },
    { ...STRANGER, name: 'token of other runs', scope: 'admin', limited: true, headers: bearer(limited) },
    {
      ...STRANGER,
      name: 'admin token, foreign Origin',
      scope: 'admin',
      origin: 'foreign',
      headers: async () => ({ authorization: `Bearer ${root}`, origin: FOREIGN }),
    },
    {
      ...STRANGER,
      name: 'unknown cookie, own Origin',
      cookie: true,
      origin: 'own',
      headers: async () => ({ cookie: `steplease_session=${'0'.repeat(64)}`, origin: server.base }),
    },
  ];
  for (const scope of SCOPES) {
    const token = await make({ name: `scope-${scope}`, scope });
    callers.push({ ...STRANGER, name: `${scope} token`, scope, headers: bearer(token) });
    for (const origin of ['own', 'foreign', 'none'] as const) {
      const sent = { own: { origin: server.base }, foreign: { origin: FOREIGN }, none: {} }[origin];
      const headers = async () => ({ cookie: await logIn(server, token), ...sent });
      callers.push({
        name: `${scope} cookie, ${origin} Origin`,
        scope,
        cookie: true,
        origin,
        limited: false,
        headers,
      });
    }
  }
  server.token = null;
  return callers;
}

async function logIn(server: RunningServer, token: string): Promise<string> {
  const answer = await server.post('/session', undefined, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 201);
  return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
}
