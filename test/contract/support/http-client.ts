import { type ClientRequest, type IncomingHttpHeaders, request } from 'node:http';

/** Any JSON that a server answers. Tests look at what they expect and nothing else. */
export type Json = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** An empty object when there is no JSON. */
  readonly body: Json;
}

export interface Call {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A call under way, to be awaited or hung up. */
export interface PendingAnswer extends Promise<Answer> {
  hangUp(): void;
}

/** One connection for each call, so that no idle one is left when the server stops. */
export function call(url: URL, method: string, { body, headers = {} }: Call = {}): PendingAnswer {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const type = payload === undefined ? {} : { 'content-type': 'application/json' };
  const outgoing: ClientRequest = request(url, { method, agent: false, headers: { ...type, ...headers } });
  const answer = new Promise<Answer>((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response;
        const isJson = /json/.test(headers['content-type'] ?? '');
        resolve({ status, headers, body: isJson ? (JSON.parse(text) as Json) : {} });
      });
    });
  });
  outgoing.end(payload);
  answer.catch(() => undefined);
  return Object.assign(answer, { hangUp: () => outgoing.destroy() });
}
