import type { IncomingMessage } from 'node:http';

/** So long may a connection say nothing: the server answers waits in shorter slices, and its streams beat. */
const SILENCE_MS = 300_000;

export interface HttpCall {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The head of an answer, with its body still to come. */
export class HttpAnswer {
  readonly #message: IncomingMessage;

  private constructor(message: IncomingMessage) {
    this.#message = message;
  }

  /**
   * Asks a server, by Node's own HTTP client: `fetch` would take 100 ms of a command's start to load. A redirect is an answer like any
   * other: it would be another server's, which is not sent a token.
   */
  static async to({ url, method, headers, body, signal }: HttpCall): Promise<HttpAnswer> {
    const { request } = url.startsWith('https:') ? await import('node:https') : await import('node:http');
    return new Promise((resolve, reject) => {
      const asked = request(url, {
        method,
        headers,
        timeout: SILENCE_MS,
        ...(signal === undefined ? {} : { signal }),
      });
      asked.once('response', (message) => resolve(new HttpAnswer(message)));
      asked.once('timeout', () => asked.destroy(new Error(`silence for ${SILENCE_MS / 1_000} s`)));
      asked.on('error', reject);
      asked.end(body);
    });
  }

  get status(): number {
    return this.#message.statusCode ?? 0;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  header(name: string): string | null {
    const value = this.#message.headers[name];
    return typeof value === 'string' ? value : null;
  }

  /** The body as it comes; rejects where it breaks off. */
  get body(): AsyncIterable<Uint8Array> {
    return this.#message;
  }

  async text(): Promise<string> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.body) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  }

  /** For those who need no body. */
  discard(): void {
    this.#message.destroy();
  }
}
