import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sendRaw } from '../support/raw-http.js';
import { scriptedEngine } from '../support/scripted-engine.js';
import { startServer } from '../support/test-server.js';

const H2C =
  'Host: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n';

describe('a request that offers HTTP/2', () => {
  it('is answered in HTTP/1.1, and its connection stays of use', async (t) => {
    const { port } = await startServer(t, scriptedEngine());
    const next =
      'GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: second\r\nConnection: close\r\n\r\n';
    const answer = await sendRaw(port, `GET /version HTTP/1.1\r\n${H2C}X-Request-Id: first\r\n\r\n${next}`);
    assert.match(answer, /^HTTP\/1.1 200 OK\r\n[\s\S]*x-request-id: first[\s\S]*"name":"steplease"/);
    assert.match(answer, /HTTP\/1.1 200 OK\r\n[\s\S]*x-request-id: second/);
  });

  it('keeps its body', async (t) => {
    const reasons: unknown[] = [];
    const engine = scriptedEngine({
      runs: {
        finish: async (_name, reason) => {
          reasons.push(reason);
          return {} as never;
        },
      },
    });
    const { port } = await startServer(t, engine);
    const body = '{"reason":"done"}';
    const head = `POST /runs/r/finish HTTP/1.1\r\n${H2C}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    const answer = await sendRaw(port, head + body, (text) => text.includes('\r\n\r\n{'));
    assert.match(answer, /^HTTP\/1.1 200 OK/);
    assert.deepEqual(reasons, ['done']);
  });
});
