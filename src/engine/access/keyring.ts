import type { LiveToken } from './live-token.js';

/** Characters of a digest by which tokens are looked up; the whole of it is compared in constant time. */
const LOOKED_UP = 16;

/** The tokens that are not revoked, in memory: no request asks the store. */
export class Keyring {
  readonly #byName = new Map<string, LiveToken>();
  readonly #byDigest = new Map<string, LiveToken>();

  all(): readonly LiveToken[] {
    return [...this.#byName.values()];
  }

  named(name: string): LiveToken | null {
    return this.#byName.get(name) ?? null;
  }

  withDigest(digest: string): LiveToken | null {
    const token = this.#byDigest.get(digest.slice(0, LOOKED_UP));
    return token !== undefined && isSame(token.record.digest, digest) ? token : null;
  }

  add(token: LiveToken): void {
    this.#byName.set(token.record.name, token);
    this.#byDigest.set(token.record.digest.slice(0, LOOKED_UP), token);
  }

  /** Leaves alone a newer token that has the name by now. */
  remove(token: LiveToken): void {
    const { name, digest } = token.record;
    if (this.#byName.get(name) === token) this.#byName.delete(name);
    this.#byDigest.delete(digest.slice(0, LOOKED_UP));
  }
}

/** Takes as long wherever the first difference is. */
export function isSame(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i += 1) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
