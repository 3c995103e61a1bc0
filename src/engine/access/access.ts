import { Interrupt } from '../signals/interrupt.js';
import type { AccessPorts } from './access-ports.js';
import { FILE_TOKEN_NAME } from './file-token.js';
import { isSame, Keyring } from './keyring.js';
import { LastUses } from './last-uses.js';
import { LiveToken } from './live-token.js';
import { anonymous, type Principal } from './principal.js';
import { Sessions } from './sessions.js';
import { TokenAdministration } from './token-administration.js';
import { isTokenText } from './token-text.js';
import { unauthorized } from './unauthorized.js';

/**
 * The door of the server. While no token has ever existed, everybody may do everything; from the first one on only who has one that is neither
 * revoked nor expired, also when none is left.
 */
export class Access {
  readonly tokens: TokenAdministration;
  readonly sessions: Sessions;
  readonly #ports: AccessPorts;
  readonly #keyring = new Keyring();
  readonly #uses: LastUses;
  /** Raised once a token is needed. */
  readonly #closing = new Interrupt();
  readonly #everybody = anonymous(this.#closing);
  #fileToken: LiveToken | null = null;

  private constructor(ports: AccessPorts) {
    const { store, clock, observer, digest } = ports;
    this.#ports = ports;
    this.sessions = new Sessions(clock, digest);
    this.#uses = new LastUses(store, clock, observer);
    this.tokens = new TokenAdministration(ports, this.#keyring, () => this.#close());
  }

  static async open(ports: AccessPorts): Promise<Access> {
    const access = new Access(ports);
    const { tokens } = ports.store;
    for (const record of await tokens.list()) access.#keyring.add(new LiveToken(record, ports.clock));
    if (await tokens.haveExisted()) access.#close();
    return access;
  }

  /** Whether a token is needed. */
  get isClosed(): boolean {
    return this.#closing.reason !== null;
  }

  /**
   * The principal that a caller is.
   *
   * @param text of the token; null: none was sent.
   * @throws EngineError `unauthorized`
   */
  principal(text: string | null): Principal {
    if (!this.isClosed) return this.#everybody;
    if (text === null) throw unauthorized('this server needs a token');
    const digest = this.#ports.digest(text);
    const token =
      this.#fileToken !== null && isSame(this.#fileToken.record.digest, digest)
        ? this.#fileToken
        : this.#keyring.withDigest(digest);
    if (token === null) {
      throw isTokenText(text)
        ? unauthorized('the token is not known here: it is revoked, or of another server')
        : unauthorized('the token is not well-formed: a part of it is missing or mistyped');
    }
    if (token.isExpired) throw unauthorized('the token has expired');
    if (token !== this.#fileToken) this.#uses.note(token);
    return token.principal;
  }

  /**
   * Makes a text that was read from a file an admin's token, in place of the one before, which ends.
   *
   * @param text may have any form, since it was made elsewhere.
   */
  takeFileToken(text: string): void {
    const { clock, digest } = this.#ports;
    const before = this.#fileToken;
    if (before?.record.digest === digest(text)) return;
    this.#fileToken = new LiveToken(
      {
        name: FILE_TOKEN_NAME,
        digest: digest(text),
        scope: 'admin',
        runs: ['*'],
        createdAt: clock.now(),
        expiresAt: null,
        lastUsedAt: null,
      },
      clock,
    );
    before?.end();
    this.#close();
  }

  async close(): Promise<void> {
    for (const token of this.#keyring.all()) token.rest();
    this.sessions.close();
    await this.#uses.close();
  }

  /** From now on a token is needed; callers that came in without one are told to go. */
  #close(): void {
    this.#closing.raise('token_ended');
  }
}
