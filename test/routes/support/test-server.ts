import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import supertest from 'supertest';
import type { Engine } from '../../../src/engine/engine.js';
import { buildHttpServer } from '../../../src/routes/http-server.js';
import type { HttpServer } from '../../../src/routes/http-server-type.js';
import type { HttpSettings } from '../../../src/routes/settings.js';
import { openAccess } from '../../support/open-access.js';
import { HandClock } from './hand-clock.js';

export interface TestServer {
  readonly server: HttpServer;
  readonly clock: HandClock;
  readonly port: number;
  readonly url: string;
  readonly api: ReturnType<typeof supertest>;
}

/** A server on a free port of the loopback, closed when the test ends. */
export async function startServer(
  test: TestContext,
  engine: Engine,
  settings: Partial<HttpSettings> = {},
): Promise<TestServer> {
  const clock = new HandClock();
  const server = await buildHttpServer({
    engine,
    access: await openAccess(),
    clock,
    version: '1.2.3',
    ...settings,
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  test.after(() => server.close());
  // `as`: a listening TCP server has an address of this kind.
  const { port } = server.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return { server, clock, port, url, api: supertest(url) };
}
