import type { FastifyRequest } from 'fastify';
import type { Access } from '../../engine/access/access.js';
import type { Principal } from '../../engine/access/principal.js';
import { unauthorized } from '../../engine/access/unauthorized.js';
import { EngineError } from '../../engine/errors.js';

export const SESSION_COOKIE = 'steplease_session';

/** A browser sends the cookie with whatever a page asks for: what changes something must come from a page of this server. */
export function principalOfSession(request: FastifyRequest, access: Access, text: string): Principal {
  const principal = access.sessions.principal(text);
  if (principal === null) throw unauthorized('the session has ended');
  const changes = request.method !== 'GET' && request.method !== 'HEAD';
  if (changes || request.ws === true) checkOwnOrigin(request);
  return principal;
}

/** @throws EngineError `origin_forbidden` */
export function checkOwnOrigin({ headers, protocol, host }: FastifyRequest): void {
  const own = `${protocol}://${host}`;
  if (headers.origin === own) return;
  const given =
    headers.origin === undefined ? 'no Origin' : `the Origin ${JSON.stringify(headers.origin.slice(0, 100))}`;
  throw new EngineError(
    'origin_forbidden',
    `a request with a session's cookie came with ${given}: it must be ${own}`,
    {
      hint: 'programs send "Authorization: Bearer TOKEN" instead of the cookie',
    },
  );
}
