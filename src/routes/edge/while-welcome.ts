import type { FastifyReply } from 'fastify';
import { unauthorized } from '../../engine/access/unauthorized.js';
import { hangUpController } from './hang-up.js';

/**
 * Runs work that may wait. Its signal aborts when the client goes, and when the client's token ends: then the answer is `401`, whatever
 * becomes of the work.
 */
export async function whileWelcome<T>(
  reply: FastifyReply,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { ended } = reply.request.principal;
  const hangUp = hangUpController(reply);
  let refuse: () => void = () => undefined;
  const ending = new Promise<never>((_resolve, reject) => {
    refuse = () => {
      reject(unauthorized('the token was revoked or has expired while the request waited'));
      hangUp.abort();
    };
  });
  ended.listen(refuse);
  try {
    return await Promise.race([work(hangUp.signal), ending]);
  } finally {
    ended.forget(refuse);
  }
}
