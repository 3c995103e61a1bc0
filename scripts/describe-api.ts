import type { Clock } from '../src/engine/clock.js';
import type { Engine } from '../src/engine/engine.js';
import { buildHttpServer } from '../src/routes/http-server.js';
import { openapiYaml } from '../src/routes/openapi/document.js';

/** The OpenAPI document of a server that nobody ever calls. */
export async function describeApi(): Promise<string> {
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    after: () => () => undefined,
    randomBytes: (count) => new Uint8Array(count),
  };
  // `as`: routes are described, not called, so no engine is behind them.
  const server = await buildHttpServer({ engine: {} as Engine, clock, version: '0.0.0' });
  await server.ready();
  const document = openapiYaml(server);
  await server.close();
  return document;
}
