import type { ClientConfig } from '../../config/client-config.js';
import { Check, Errors, type Static, type TSchema } from '../../typebox.js';
import { VERSION } from '../../version.js';
import { HttpAnswer } from './http-answer.js';
import { parseJson } from './parse-json.js';
import { ForeignAnswerError, problemOf, UnreachableError } from './problem.js';

type Parameter = string | number | boolean | null | undefined;

export interface Call {
  /** GET if left out. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Segments, so that no text from outside can name another resource. */
  readonly path: readonly (string | number)[];
  /** What is null or undefined is not sent, here and in the body. */
  readonly query?: Readonly<Record<string, Parameter>>;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** The HTTP interface as the command line uses it. */
export class ServerClient {
  readonly server: string;
  readonly #token: string | null;
  readonly #tokenOrigin: string | null;
  #hasAnswered = false;

  constructor({ server, token, tokenOrigin }: Pick<ClientConfig, 'server' | 'token' | 'tokenOrigin'>) {
    this.server = server;
    this.#token = token;
    this.#tokenOrigin = tokenOrigin;
  }

  /** Whether the server answered anything yet. One that never did is a mistake to be told; one that did is away for a while. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  get sendsToken(): boolean {
    return this.#token !== null;
  }

  /**
   * The document that answers a call, checked for what `schema` names; fields beyond it stay.
   *
   * @throws ProblemError, UnreachableError, ForeignAnswerError; the signal's reason once it aborts.
   */
  async document<S extends TSchema>(schema: S, call: Call): Promise<Static<S>> {
    const document = parseJson(await this.text(call));
    if (Check(schema, document)) return document;
    const [error] = Errors(schema, document);
    throw new ForeignAnswerError(
      this.#describe(call),
      `${error?.instancePath || 'the answer'} ${error?.message}`,
    );
  }

  /** The answer as it was sent, for who needs every digit of it. */
  async text(call: Call): Promise<string> {
    const answer = await this.open(call);
    return this.#translate(call, () => answer.text());
  }

  /** The body of an answer as it comes, with the errors of `document`. */
  async *stream(call: Call): AsyncGenerator<Uint8Array> {
    const answer = await this.open(call);
    const body = answer.body[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { done, value } = await this.#translate(call, () => body.next());
        if (done === true) return;
        yield value;
      }
    } finally {
      answer.discard();
    }
  }

  /** The answer of a call that was not refused, with its body still to come. */
  async open(call: Call): Promise<HttpAnswer> {
    const answer = await this.#translate(call, () => this.#ask(call));
    this.#hasAnswered = true;
    if (answer.ok) return answer;
    const text = await this.#translate(call, () => answer.text());
    const problem = problemOf(answer, parseJson(text), this.#tokenOrigin);
    throw (
      problem ??
      new ForeignAnswerError(this.#describe(call), `status ${answer.status} without a problem document`)
    );
  }

  #ask({ method = 'GET', path, query = {}, body, headers, signal }: Call): Promise<HttpAnswer> {
    const parameters = given(query);
    const search = new URLSearchParams(
      parameters.map(([name, value]): [string, string] => [name, String(value)]),
    );
    const url = `${this.server}/${path.map(encodeURIComponent).join('/')}`;
    return HttpAnswer.to({
      url: parameters.length === 0 ? url : `${url}?${search}`,
      method,
      headers: {
        accept: 'application/json',
        'user-agent': `steplease/${VERSION}`,
        ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(Object.fromEntries(given(body))),
      signal,
    });
  }

  async #translate<T>(call: Call, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      if (call.signal?.aborted) throw call.signal.reason;
      throw new UnreachableError(this.server, error);
    }
  }

  #describe({ method = 'GET', path }: Call): string {
    return `${method} ${this.server}/${path.join('/')}`;
  }
}

function given(fields: Readonly<Record<string, unknown>>): readonly (readonly [string, unknown])[] {
  return Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
}
