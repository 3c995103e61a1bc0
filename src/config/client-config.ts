import { malformed } from './config-error.js';
import { type Environment, environment } from './environment.js';

/** Which server the command line talks to, as whom, and about which run. */
export interface ClientConfig {
  /** A URL without a slash at its end, such as `http://127.0.0.1:7878`. */
  readonly server: string;
  /** Sent as bearer token; null: none. */
  readonly token: string | null;
  /** The flag or variable that gave the token; null: none did. */
  readonly tokenOrigin: string | null;
  /** Null: the one that the server takes calls without a run to mean. */
  readonly run: string | null;
}

export interface ClientFlags {
  readonly server?: string | undefined;
  readonly token?: string | undefined;
  readonly run?: string | undefined;
}

/** Variables of the client, and of commands that `steplease exec` runs: a server that inherits them is not misled by them. */
export const CLIENT_VARIABLES = [
  'STEPLEASE_URL',
  'STEPLEASE_TOKEN',
  'STEPLEASE_STEP',
  'STEPLEASE_PATH',
  'STEPLEASE_LEASE_ID',
] as const;

const DEFAULT_SERVER = 'http://127.0.0.1:7878';
/** HOST:PORT, as people name a server; a URL would take the host for its scheme. */
const ADDRESS = /^(\[[0-9a-f:.]+\]|[^[\]:/?#@\s]+):\d{1,5}$/i;

/**
 * Reads what a client is told: by flag, else by variable.
 *
 * @throws ConfigError
 */
export function loadClientConfig(flags: ClientFlags, variables: Environment = environment()): ClientConfig {
  const token = choose('--token', flags.token, 'STEPLEASE_TOKEN', variables);
  return {
    server: readServer(choose('--server', flags.server, 'STEPLEASE_URL', variables)),
    token: readToken(token),
    tokenOrigin: token?.origin ?? null,
    run: flags.run ?? inheritedRun(variables['STEPLEASE_RUN']),
  };
}

interface Given {
  readonly origin: string;
  readonly value: string;
}

function choose(
  flag: string,
  given: string | undefined,
  variable: string,
  variables: Environment,
): Given | null {
  if (given !== undefined) return { origin: flag, value: given };
  const value = variables[variable];
  return value === undefined || value === '' ? null : { origin: variable, value };
}

function readServer(given: Given | null): string {
  if (given === null) return DEFAULT_SERVER;
  const text = ADDRESS.test(given.value) ? `http://${given.value}` : given.value;
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain =
    url !== null && /^https?:$/.test(url.protocol) && `${url.username}${url.search}${url.hash}` === '';
  if (!isPlain)
    throw malformed(
      given.origin,
      given.value,
      `HOST:PORT, or an http or https URL such as ${DEFAULT_SERVER}`,
    );
  return url.href.replace(/\/+$/, '');
}

function readToken(given: Given | null): string | null {
  if (given === null) return null;
  // The value itself is a secret, and does not belong into a message.
  if (!/^[\x21-\x7e]+$/.test(given.value))
    throw malformed(given.origin, '…', 'a token of printable ASCII without spaces');
  return given.value;
}

/** `steplease exec` tells its command the run's name; for `serve` the same variable lists runs as NAME=DIR, which names none to a client. */
function inheritedRun(value: string | undefined): string | null {
  return value === undefined || value === '' || value.includes('=') ? null : value;
}
