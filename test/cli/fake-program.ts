import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../src/adapters/system-clock.js';
import { runProgram } from '../../src/cli/program.js';
import type { App, StartApp } from '../../src/server.js';

/**
 * The whole command line on a stand-in for the service, for tests of the process's life. STEPLEASE_TEST_APP says what the stand-in does:
 * nothing special, or one of the troubles below.
 */
const trouble = process.env['STEPLEASE_TEST_APP'];

const startApp: StartApp = async (config, { logger }) => {
  logger.warn('starting');
  if (trouble === 'database in use')
    throw named('DatabaseInUseError', 'database x.db is in use by process 7');
  if (trouble === 'unforeseen at start') throw new Error('unforeseen');
  if (trouble === 'slow start') await untilSignal();
  return createApp(config.host, config.port);
};

function createApp(host: string, port: number): App {
  const waiting = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    if (request.url === '/wait') waiting.add(response);
    else if (request.url === '/throw') setImmediate(() => fail());
    else response.end('ok');
    if (request.url === '/wait') process.stderr.write('a request waits\n');
  });
  return {
    async listen() {
      server.listen(port, host.includes(':') ? '127.0.0.1' : host);
      await Promise.race([
        once(server, 'listening'),
        once(server, 'error').then(([error]) => Promise.reject(error)),
      ]);
      // A net.Server that listens on a port has an AddressInfo.
      const bound = server.address() as AddressInfo;
      process.stderr.write(`bound ${bound.port}\n`);
      return { scheme: 'http', host, port: bound.port };
    },
    warmUp() {},
    async drain() {
      if (trouble === 'stuck drain') await new Promise(() => {});
      for (const response of waiting) response.writeHead(503, { connection: 'close' }).end('shutting_down');
    },
    async close() {
      server.close();
      server.closeIdleConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

/** Like a real start, it keeps the process alive meanwhile. */
async function untilSignal(): Promise<void> {
  const alive = setInterval(() => {}, 1_000);
  await once(process, 'SIGTERM');
  clearInterval(alive);
}

function fail(): never {
  throw new Error('nobody catches this');
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

const exitCode = await runProgram(process.argv.slice(2), {
  startApp,
  clock: systemClock,
  tokenDesk: async (file, create) => (await import('../../src/token-desk.js')).openTokenDesk(file, create),
  databaseCare: async () => (await import('../../src/database-care.js')).databaseCare,
  machine: async () => (await import('../../src/machine.js')).machine,
  migrateDatabase: async (file) => {
    if (trouble === 'database in use')
      throw named('DatabaseInUseError', `database ${file} is in use by process 7`);
    return trouble === 'current' ? { from: '0002_more', to: '0002_more' } : { from: null, to: '0002_more' };
  },
  ...(trouble === 'stuck drain' ? { closeWithinMs: 300 } : {}),
});
if (exitCode !== 0) process.exit(exitCode);
