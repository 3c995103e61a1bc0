import type { Config } from './config.js';
import { isLoopback } from './loopback.js';

/** What to say of a server that others than this machine reach. */
export interface Exposure {
  /** Why it must not be started as it is; null: it may be. */
  readonly refusal: string | null;
  /** For the log, at every start. */
  readonly warnings: readonly string[];
}

type Openness = Pick<Config, 'host' | 'insecureNoAuth' | 'tlsCert'>;

/** @param isClosed requests need a token: one exists, or has existed, or a file with one is given. */
export function exposureOf({ host, insecureNoAuth, tlsCert }: Openness, isClosed: boolean): Exposure {
  if (isLoopback(host)) return { refusal: null, warnings: [] };
  if (!isClosed && !insecureNoAuth) {
    return {
      refusal:
        `--host: ${host} is not a loopback address, and without tokens everybody who reaches it is admin; ` +
        'say --insecure-no-auth if that is meant',
      warnings: [],
    };
  }
  const warnings = [];
  if (!isClosed) warnings.push(`everybody who reaches ${host} is admin: --insecure-no-auth was given`);
  else if (tlsCert === null)
    warnings.push(
      `tokens and lease ids cross the network of ${host} in the clear: give --tls-cert and --tls-key, or bind a loopback address and put a proxy with TLS before it`,
    );
  return { refusal: null, warnings };
}
