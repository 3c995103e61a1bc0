import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scriptedEngine } from './support/scripted-engine.js';
import { startServer } from './support/test-server.js';

describe('Allow', () => {
  const cases: readonly (readonly [path: string, allow: string])[] = [
    ['/steps', 'GET, HEAD'],
    ['/leases', 'GET, HEAD, POST'],
    ['/leases/ls_1', 'GET, HEAD, DELETE'],
    ['/leases/break', 'POST'],
    ['/waits/summary', 'GET, HEAD'],
  ];
  for (const [path, allow] of cases) {
    it(`of ${path} names the methods of that path: ${allow}`, async (t) => {
      const { api } = await startServer(t, scriptedEngine());
      const { headers } = await api.options(path).expect(405);
      assert.equal(headers['allow'], allow);
    });
  }
});
