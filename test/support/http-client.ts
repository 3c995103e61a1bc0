import assert from 'node:assert/strict';

// biome-ignore lint/suspicious/noExplicitAny: tests read documents of every shape, and assert what they find in them
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** The HTTP interface as any client sees it. */
export class HttpClient {
  /** Such as `http://127.0.0.1:7878`. */
  base = '';
  /** Sent with every call; null: none. */
  token: string | null = null;

  async call(
    method: string,
    path: string,
    { body, headers = {}, signal }: CallOptions = {},
  ): Promise<Answer> {
    const credentials = this.token === null ? {} : { authorization: `Bearer ${this.token}` };
    const content =
      body === undefined
        ? {}
        : {
            body: JSON.stringify(body),
            headers: { 'content-type': 'application/json', ...credentials, ...headers },
          };
    const response = await fetch(this.base + path, {
      method,
      headers: { ...credentials, ...headers },
      ...content,
      ...(signal ? { signal } : {}),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? null : parse(text) };
  }

  get(path: string, options: CallOptions = {}): Promise<Answer> {
    return this.call('GET', path, options);
  }

  put(path: string, body?: unknown): Promise<Answer> {
    return this.call('PUT', path, { body });
  }

  post(path: string, body?: unknown, options: CallOptions = {}): Promise<Answer> {
    return this.call('POST', path, { ...options, ...(body === undefined ? {} : { body }) });
  }

  delete(path: string): Promise<Answer> {
    return this.call('DELETE', path);
  }

  /** The body of an answer that must have this status. */
  async ok(answer: Promise<Answer>, status = 200): Promise<Json> {
    const { status: actual, body } = await answer;
    assert.equal(actual, status, JSON.stringify(body));
    return body;
  }

  /** A problem document that must have this status and code. */
  async problem(answer: Promise<Answer>, status: number, code: string): Promise<Json> {
    const { status: actual, headers, body } = await answer;
    assert.equal(`${actual} ${body?.code}`, `${status} ${code}`, JSON.stringify(body));
    assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/);
    assert.equal(body.status, status);
    assert.ok(body.title && body.detail && body.type);
    assert.equal(body.request_id, headers.get('x-request-id'));
    return body;
  }
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
