import { isIP } from 'node:net';
import { EngineError } from '../../engine/errors.js';
import { show } from '../wire/refusal.js';

const HOST = /^(\[[0-9a-f:.]+\]|[^[\]:/?#@\s]+)(?::\d{1,5})?$/;
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
/** Bound to these, a server has every address of its machine, and whatever forwards to it. */
const EVERY_ADDRESS = ['0.0.0.0', '::'];

export interface HostGuardSettings {
  readonly host?: string;
  readonly allowedHosts?: readonly string[];
  readonly allowedOrigins?: readonly string[];
}

/**
 * Refuses what a hostile web page could make a browser send: a foreign `Host` (DNS rebinding) and a foreign `Origin` (cross-site
 * requests; browsers apply no same-origin policy to WebSockets at all). Without tokens, this is what keeps pages out.
 */
export class HostGuard {
  readonly #hosts: ReadonlySet<string>;
  /** A page of a hostile site comes with that site's name, never with an address. */
  readonly #takesAddresses: boolean;
  readonly #origins: ReadonlySet<string>;

  constructor(settings: HostGuardSettings) {
    const bound = settings.host?.includes(':') ? `[${settings.host}]` : settings.host;
    this.#hosts = new Set(
      [...LOOPBACK, ...(bound === undefined ? [] : [bound]), ...(settings.allowedHosts ?? [])].map(lower),
    );
    this.#takesAddresses = settings.host !== undefined && EVERY_ADDRESS.includes(settings.host);
    this.#origins = new Set((settings.allowedOrigins ?? []).map(lower));
  }

  /** @param protocol `http` or `https`. */
  check(protocol: string, host: string | undefined, origin: string | undefined): void {
    if (host === undefined) {
      throw new EngineError('invalid_request', 'header "Host" is missing: HTTP/1.1 requires it');
    }
    const given = host.toLowerCase();
    const name = HOST.exec(given)?.[1];
    if (name === undefined || !this.#isOurs(name, given)) {
      throw new EngineError(
        'host_unknown',
        `header "Host" is ${show(host)}: this server does not go by that name`,
        {
          hint: 'use the address that the server printed at start, or start it with --allowed-host NAME',
        },
      );
    }
    if (origin === undefined) return;
    const from = origin.toLowerCase();
    if (from !== `${protocol}://${given}` && !this.#origins.has(from)) {
      throw new EngineError(
        'origin_forbidden',
        `header "Origin" is ${show(origin)}: it must be this server's own`,
        {
          hint: 'start the server with --allowed-origin ORIGIN to let pages of that origin in',
        },
      );
    }
  }

  #isOurs(name: string, given: string): boolean {
    if (this.#hosts.has(name) || this.#hosts.has(given)) return true;
    return this.#takesAddresses && isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
  }
}

function lower(text: string): string {
  return text.toLowerCase();
}
