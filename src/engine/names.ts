import { EngineError } from './errors.js';

/** Of runs, of consumers and of tokens. */
export const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** The run of `serve DIR`, and the one that a request without a run means. */
export const DEFAULT_RUN = 'default';

/** @throws EngineError `invalid_request` */
export function checkName(of: 'run' | 'consumer' | 'token', name: string): void {
  if (NAME.test(name)) return;
  throw new EngineError(
    'invalid_request',
    `the ${of} name ${JSON.stringify(name.slice(0, 100))} must match ${NAME.source}`,
  );
}
