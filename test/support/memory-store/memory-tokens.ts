import type { TokenRecord, TokenWriter } from '../../../src/engine/access/token.js';
import type { Current } from './memory-state.js';

export class MemoryTokens implements TokenWriter {
  readonly #current: Current;

  constructor(current: Current) {
    this.#current = current;
  }

  async list(): Promise<readonly TokenRecord[]> {
    const tokens = [...this.#current().tokens.values()];
    const live = tokens.flatMap(({ record, isRevoked }) => (isRevoked ? [] : [record]));
    return live.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async haveExisted(): Promise<boolean> {
    return this.#current().tokens.size > 0;
  }

  async insert(token: TokenRecord): Promise<boolean> {
    const { tokens } = this.#current();
    if (tokens.get(token.name)?.isRevoked === false) return false;
    tokens.set(token.name, { record: { ...token }, isRevoked: false });
    return true;
  }

  async revoke(name: string, digest: string): Promise<boolean> {
    const { tokens } = this.#current();
    const token = tokens.get(name);
    if (token === undefined || token.isRevoked || token.record.digest !== digest) return false;
    tokens.set(name, { ...token, isRevoked: true });
    return true;
  }

  async touch(name: string, at: number): Promise<void> {
    const { tokens } = this.#current();
    const token = tokens.get(name);
    if (token === undefined || token.isRevoked) return;
    tokens.set(name, { ...token, record: { ...token.record, lastUsedAt: at } });
  }
}
