import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, it } from 'node:test';
import { buildHttpServer } from '../../src/routes/http-server.js';
import { listen } from '../../src/routes/listen.js';
import { openAccess } from '../support/open-access.js';
import { HandClock } from './support/hand-clock.js';
import { scriptedEngine } from './support/scripted-engine.js';

const BOTH = ['127.0.0.1', '::1'];

async function hasIpv6(): Promise<boolean> {
  const probe = createServer().listen(0, '::1');
  try {
    await once(probe, 'listening');
  } catch {
    return false;
  }
  probe.close();
  return true;
}

describe('listening on localhost', () => {
  it('binds every address of that name, and closing ends the connections of all', async (t) => {
    if (!(await hasIpv6())) return t.skip('this machine has no IPv6');
    const server = await buildHttpServer({
      engine: scriptedEngine(),
      access: await openAccess(),
      clock: new HandClock(),
      version: '1.2.3',
    });
    const { port, close } = await listen(server, 'localhost', 0, async () => BOTH);

    for (const host of ['127.0.0.1', '[::1]']) {
      assert.equal((await fetch(`http://${host}:${port}/livez`)).status, 200, host);
    }

    const silent = BOTH.map((host) => connect(port, host));
    await Promise.all(silent.map((socket) => once(socket, 'connect')));
    const ended = silent.map((socket) => once(socket.resume(), 'close'));
    await close();
    await Promise.all(ended);
  });
});
