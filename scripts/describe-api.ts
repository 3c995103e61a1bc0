import type { Access } from '../src/engine/access/access.js';
import type { Clock } from '../src/engine/clock.js';
import type { Engine } from '../src/engine/engine.js';
import { buildHttpServer } from '../src/routes/http-server.js';
import { toYaml } from '../src/routes/openapi/document.js';
import { toOpenapi30 } from './openapi-3.0.js';
import { toPythonDocuments } from './python-documents.js';

/** What is written from the routes of a server that nobody ever calls, by file name: OpenAPI documents, and Python's types of them. */
export async function describeApi(): Promise<Readonly<Record<string, string>>> {
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    after: () => () => undefined,
    randomBytes: (count) => new Uint8Array(count),
  };
  // `as`: routes are described, not called, so neither engine nor access is behind them.
  const server = await buildHttpServer({
    engine: {} as Engine,
    access: {} as Access,
    clock,
    version: '0.0.0',
  });
  await server.ready();
  const document = server.swagger();
  await server.close();
  return {
    'openapi.yaml': toYaml(document),
    'openapi-3.0.yaml': toYaml(toOpenapi30(document)),
    'clients/python/src/steplease/documents.py': toPythonDocuments(document),
  };
}
