import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { FakeClock } from '../support/fake-clock.js';
import { RunningServer } from '../support/running-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { ApiDescription, type Operation } from './support/api-description.js';
import { type Entry, expectedEntry, isOffered, namesRun, type Way } from './support/entry.js';
import { kindsOfCallers } from './support/kinds-of-callers.js';

const api = await ApiDescription.read();
const RUN_OF_NOBODY = 'absent';
const RUN = 'default';

/** Every operation; each that reads is asked for with HEAD, too, and the one that streams with a handshake. */
const ways = api.operations.flatMap((operation) => {
  const reads = operation.method === 'get';
  const given: Way[] = ['call', ...(reads ? ['head' as const] : [])];
  if (operation.path === '/events') given.push('websocket');
  return given.map((way) => ({ operation, way }));
});

/** Leads to nothing that there is, save the run, so that requests may come in any order. */
function pathOf(operation: Operation, run: string): string {
  const { path } = operation;
  const filled = path
    .replace('{run}', run)
    .replace('{step}', '7')
    .replace(/\{\w+\}/g, 'absent');
  return namesRun(operation) && !path.includes('{run}') ? `${filled}?run=${run}` : filled;
}

/** Complete where a run is asked for that must not be found; else without what is needed, so that nothing changes. */
function bodyOf(operation: Operation, run: string): { readonly body?: unknown } {
  if (operation.requestBody === undefined) return {};
  return { body: run === RUN && namesRun(operation) ? api.bodies(operation)[0] : {} };
}

async function entryOf(
  server: RunningServer,
  { operation, way }: (typeof ways)[number],
  headers: Readonly<Record<string, string>>,
  run: string,
): Promise<Entry> {
  const path = pathOf(operation, run);
  if (way === 'websocket') return judge(await handshake(`${server.base}${path}`, headers), undefined);
  const method = way === 'head' ? 'HEAD' : operation.method.toUpperCase();
  const { status, body } = await server.call(method, path, { headers, ...bodyOf(operation, run) });
  return judge(status, body?.code);
}

/** Answers to HEAD and to handshakes have no code to read. */
function judge(status: number, code: string | undefined): Entry {
  assert.ok(status < 500, `${status} ${code}`);
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 405) return 'no such method';
  return status === 404 && (code === undefined || code === 'run_not_found') ? 'taken, finds no run' : 'taken';
}

function handshake(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace('http', 'ws'), { headers });
    socket.once('open', () => {
      socket.close();
      resolve(101);
    });
    socket.once('unexpected-response', (request, response) => {
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.once('error', reject);
  });
}

test('every operation lets in who has its scope, and nobody else', async (t) => {
  const clock = new FakeClock();
  const server = await RunningServer.start(t, { flags: { directory: temporaryFolder(t) }, clock });
  const callers = await kindsOfCallers(server, clock);
  const otherwise: string[] = [];
  for (const each of ways) {
    for (const caller of callers) {
      const run = caller.limited ? RUN : RUN_OF_NOBODY;
      const given = await entryOf(server, each, await caller.headers(), run);
      const expected = expectedEntry(each.operation, caller, each.way);
      const isAsExpected = expected === 'taken' ? given.startsWith(expected) : given === expected;
      if (!isAsExpected)
        otherwise.push(
          `${each.operation.operationId} (${each.way}) × ${caller.name}: ${given}, not ${expected}`,
        );
    }
  }
  const count = ways.length * callers.length;
  t.diagnostic(`${api.operations.length} operations in ${ways.length} ways × ${callers.length} callers`);
  t.diagnostic(`${count - otherwise.length} as expected, ${otherwise.length} not`);
  assert.deepEqual(otherwise, []);
});

test('before the first token everybody may call everything, save pages of other sites', async (t) => {
  const server = await RunningServer.start(t, { flags: { directory: temporaryFolder(t) } });
  for (const each of ways.filter(({ operation, way }) => isOffered(operation, way))) {
    const name = `${each.operation.operationId} (${each.way})`;
    assert.match(await entryOf(server, each, {}, RUN_OF_NOBODY), /^taken/, name);
    const stranger = { authorization: 'Bearer slt_of-another-server' };
    assert.match(await entryOf(server, each, stranger, RUN_OF_NOBODY), /^taken/, name);
    const page = { origin: 'https://evil.example' };
    assert.equal(await entryOf(server, each, page, RUN_OF_NOBODY), 'forbidden', name);
  }
});
