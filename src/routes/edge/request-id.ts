import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../engine/clock.js';

/** Ids are logged and sent back, so the text of a token is none. */
const VALID = /^(?!.*slt_)[A-Za-z0-9._-]{1,64}$/;

/** The client's own request id where it is a valid one, so that both sides' logs can be joined; else a new one. */
export function requestIds(clock: Clock): (request: Pick<IncomingMessage, 'headers'>) => string {
  return (request) => {
    const given = request.headers['x-request-id'];
    return typeof given === 'string' && VALID.test(given) ? given : newRequestId(clock);
  };
}

export function newRequestId(clock: Clock): string {
  return Buffer.from(clock.randomBytes(12)).toString('base64url');
}
