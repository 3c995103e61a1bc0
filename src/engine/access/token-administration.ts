import type { ListDocument } from '../documents.js';
import { EngineError } from '../errors.js';
import { checkName } from '../names.js';
import type { AccessPorts } from './access-ports.js';
import { FILE_TOKEN_NAME } from './file-token.js';
import type { Keyring } from './keyring.js';
import { LiveToken } from './live-token.js';
import { ANONYMOUS_NAME, NOBODY, type Principal } from './principal.js';
import { RUN_GLOB } from './run-globs.js';
import type { Scope } from './scope.js';
import type { TokenRecord } from './token.js';
import { type CreatedTokenDocument, describeToken, type TokenDocument } from './token-document.js';
import { SECRET_BYTES, tokenText } from './token-text.js';

export interface TokenWish {
  readonly name: string;
  readonly scope: Scope;
  readonly runs: readonly string[];
  /** Null: the token does not expire. */
  readonly expiresInMs: number | null;
}

const RESERVED: readonly string[] = [ANONYMOUS_NAME, NOBODY.name, FILE_TOKEN_NAME];

/** Makes, lists and revokes tokens. An admin whose runs are limited has to do with tokens within its own runs only. */
export class TokenAdministration {
  readonly #ports: AccessPorts;
  readonly #keyring: Keyring;
  readonly #onFirst: () => void;

  /** @param onFirst called when a token exists, as soon as it is durable. */
  constructor(ports: AccessPorts, keyring: Keyring, onFirst: () => void) {
    this.#ports = ports;
    this.#keyring = keyring;
    this.#onFirst = onFirst;
  }

  async create(by: Principal, { name, scope, runs, expiresInMs }: TokenWish): Promise<CreatedTokenDocument> {
    const { store, clock, observer, digest } = this.#ports;
    checkName('token', name);
    if (RESERVED.includes(name)) throw taken(name);
    const odd = runs.find((pattern) => !RUN_GLOB.test(pattern));
    if (odd !== undefined) {
      throw new EngineError(
        'invalid_request',
        `the pattern ${JSON.stringify(odd.slice(0, 100))} fits no run`,
        {
          hint: 'names of runs have lower-case letters, digits and ._-; * is any text, ? one character',
        },
      );
    }
    const beyond = runs.find((pattern) => !by.runs.covers(pattern));
    if (beyond !== undefined) {
      throw new EngineError('forbidden', `the token ${by.name} makes no token for the runs "${beyond}"`, {
        hint: `its own runs are ${by.runs.patterns.join(', ')}`,
      });
    }
    const text = tokenText(clock.randomBytes(SECRET_BYTES));
    const createdAt = clock.now();
    const expiresAt = expiresInMs === null ? null : createdAt + expiresInMs;
    const record: TokenRecord = {
      ...{ name, digest: digest(text), scope, runs, createdAt, expiresAt },
      lastUsedAt: null,
    };
    if (!(await store.write((tx) => tx.tokens.insert(record)))) throw taken(name);
    this.#keyring.add(new LiveToken(record, clock));
    this.#onFirst();
    observer.tokenCreated({ name, scope, runs, by: by.name });
    return { ...describeToken(record), token: text };
  }

  /** By name. */
  list(by: Principal, limit: number, page: string | null): ListDocument<TokenDocument> {
    const found = this.#keyring
      .all()
      .map(({ record }) => record)
      .filter((record) => isWithin(record, by) && (page === null || record.name > page))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const shown = found.slice(0, limit);
    return {
      items: shown.map(describeToken),
      next_page: found.length > shown.length ? (shown.at(-1)?.name ?? null) : null,
    };
  }

  async revoke(by: Principal, name: string): Promise<void> {
    const { store, clock, observer } = this.#ports;
    const token = this.#keyring.named(name);
    if (token === null || !isWithin(token.record, by)) throw unknown(name);
    const { digest } = token.record;
    // By the digest, too: another call may have revoked it meanwhile, and a third given its name to a new token.
    if (!(await store.write((tx) => tx.tokens.revoke(name, digest, clock.now())))) throw unknown(name);
    this.#keyring.remove(token);
    token.end();
    observer.tokenRevoked({ name, by: by.name });
  }
}

function isWithin({ runs }: TokenRecord, { runs: own }: Principal): boolean {
  return runs.every((pattern) => own.covers(pattern));
}

function taken(name: string): EngineError {
  return new EngineError('name_taken', `the name ${JSON.stringify(name)} is taken`, {
    hint: 'choose another one, or revoke that token first with DELETE /tokens/{name}',
  });
}

function unknown(name: string): EngineError {
  return new EngineError('not_found', `there is no token ${JSON.stringify(name.slice(0, 100))}`, {
    hint: 'GET /tokens lists the tokens',
  });
}
