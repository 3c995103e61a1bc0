import type { Clock } from '../clock.js';
import { Interrupt } from '../signals/interrupt.js';
import type { Principal } from './principal.js';

const SESSION_BYTES = 32;
export const SESSION_MS = 12 * 60 * 60 * 1_000;
/** More than people have browsers; then the oldest one ends. */
const AT_MOST = 10_000;

interface Session {
  readonly principal: Principal;
  /** Monotonic. */
  readonly endsAt: number;
  readonly end: () => void;
}

/**
 * Browsers that showed a token once, and go by a cookie since then. Sessions are in memory: they end with their token, after twelve hours,
 * and with the server, so that no text that opens anything is ever stored.
 */
export class Sessions {
  readonly #clock: Clock;
  readonly #digest: (text: string) => string;
  /** By the digest of the text, the oldest first. */
  readonly #sessions = new Map<string, Session>();

  constructor(clock: Clock, digest: (text: string) => string) {
    this.#clock = clock;
    this.#digest = digest;
  }

  /** The text of a new session of that principal. */
  begin(principal: Principal): string {
    const text = [...this.#clock.randomBytes(SESSION_BYTES)]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('');
    const key = this.#digest(text);
    const ended = new Interrupt();
    const cancel = this.#clock.after(SESSION_MS, () => this.#end(key));
    const endWithToken = () => this.#end(key);
    const end = () => {
      cancel();
      principal.ended.forget(endWithToken);
      ended.raise('token_ended');
    };
    const endsAt = this.#clock.monotonic() + SESSION_MS;
    this.#sessions.set(key, { principal: { ...principal, ended }, endsAt, end });
    principal.ended.listen(endWithToken);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > AT_MOST && oldest !== undefined) this.#end(oldest);
    return text;
  }

  /** Null: there is none of that text, or none any more. */
  principal(text: string): Principal | null {
    const session = this.#sessions.get(this.#digest(text));
    return session === undefined || this.#clock.monotonic() >= session.endsAt ? null : session.principal;
  }

  /** Ends one, with its streams; no matter if there is none. */
  end(text: string): void {
    this.#end(this.#digest(text));
  }

  close(): void {
    for (const key of [...this.#sessions.keys()]) this.#end(key);
  }

  #end(key: string): void {
    const session = this.#sessions.get(key);
    this.#sessions.delete(key);
    session?.end();
  }
}
