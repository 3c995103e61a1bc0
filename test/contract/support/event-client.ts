import { request } from 'node:http';
import { WebSocket } from 'ws';
import type { EventDocument } from '../../../src/engine/documents.js';
import type { Cleanup } from '../../support/temporary-directory.js';

const WITHIN_MS = 60_000;

/** How a stream ended: the close code and reason of a WebSocket; `end` of server-sent events; the status of a refusal. */
export type StreamEnd = `${number} ${string}` | 'end' | number;

/** One stream of events, by either protocol, as its client sees it. */
export class EventClient {
  readonly received: EventDocument[] = [];
  /** How the stream ended; null: it has not. */
  end: StreamEnd | null = null;
  readonly #listeners = new Set<() => void>();
  #taken = 0;
  pause: () => void = () => undefined;
  resume: () => void = () => undefined;
  close: () => void = () => undefined;

  static async websocket(test: Cleanup, origin: string, query = ''): Promise<EventClient> {
    const client = new EventClient();
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/events?${query}`);
    socket.on('message', (data: Buffer) => client.#take(JSON.parse(data.toString()) as EventDocument));
    socket.on('close', (code, reason) => client.#finish(`${code} ${reason.toString()}`));
    socket.on('unexpected-response', (_request, response) => client.#finish(response.statusCode ?? 0));
    socket.on('error', () => undefined);
    client.pause = () => socket.pause();
    client.resume = () => socket.resume();
    client.close = () => socket.terminate();
    test.after(async () => client.close());
    return client;
  }

  static async sse(
    test: Cleanup,
    origin: string,
    query = '',
    headers: Readonly<Record<string, string>> = {},
  ): Promise<EventClient> {
    const client = new EventClient();
    const outgoing = request(`${origin}/events?${query}`, {
      agent: false,
      headers: { accept: 'text/event-stream', ...headers },
    });
    outgoing.on('error', () => client.#finish('end'));
    outgoing.on('response', (response) => {
      if (response.statusCode !== 200) client.#finish(response.statusCode ?? 0);
      let text = '';
      response.setEncoding('utf8');
      response.on('error', () => undefined);
      response.on('close', () => client.#finish('end'));
      response.on('data', (chunk: string) => {
        text += chunk;
        for (let at = text.indexOf('\n\n'); at >= 0; at = text.indexOf('\n\n')) {
          client.#take(parseFrame(text.slice(0, at)));
          text = text.slice(at + 2);
        }
      });
      client.pause = () => response.pause();
      client.resume = () => response.resume();
    });
    client.close = () => outgoing.destroy();
    outgoing.end();
    test.after(async () => client.close());
    return client;
  }

  /** The next event that was not given yet. */
  async next(): Promise<EventDocument> {
    await this.#until(() => this.received.length > this.#taken, 'no further event');
    const event = this.received[this.#taken];
    this.#taken += 1;
    if (event === undefined) throw new Error(`the stream ended: ${this.end}`);
    return event;
  }

  /** Waits until an event of that id came. */
  async until(id: string): Promise<void> {
    await this.#until(() => this.received.some((event) => event.id === id), `no event ${id}`);
  }

  async ended(): Promise<StreamEnd> {
    await this.#until(() => this.end !== null, 'no end');
    return this.end ?? 'end';
  }

  #take(event: EventDocument): void {
    this.received.push(event);
    this.#tell();
  }

  #finish(end: StreamEnd): void {
    this.end ??= end;
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #until(isMet: () => boolean, problem: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!isMet() && this.end === null) return;
        clearTimeout(timer);
        this.#listeners.delete(look);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#listeners.delete(look);
        reject(new Error(`${problem} in time; came: ${this.received.map(({ type }) => type).join()}`));
      }, WITHIN_MS);
      this.#listeners.add(look);
      look();
    });
  }
}

/** `id:`, `event:` and one `data:` line, and that they say the same. */
function parseFrame(frame: string): EventDocument {
  const match = /^id: (.+)\nevent: (.+)\ndata: (.+)$/.exec(frame);
  if (match === null) throw new Error(`no frame: ${frame}`);
  const event = JSON.parse(match[3] ?? '') as EventDocument;
  if (event.id !== match[1] || event.type !== match[2])
    throw new Error(`a frame that contradicts itself: ${frame}`);
  return event;
}
