import assert from 'node:assert/strict';
import test from 'node:test';
import { createLogger } from '../../src/adapters/logger.js';
import { loggingObserver } from '../../src/adapters/logging-observer.js';

const LEASE = { run: 'r', number: 118, step: 12_000, reason: null } as const;

function logTo(level: string) {
  const lines: string[] = [];
  const logger = createLogger({ level, pretty: false, stream: { write: (line) => lines.push(line) } });
  return { logger, observer: loggingObserver(logger), lines };
}

test('a happening is one JSON line with its facts', () => {
  const { observer, lines } = logTo('info');

  observer.leaseEnded({ ...LEASE, state: 'expired' });

  const { time, ...line } = JSON.parse(lines.join(''));
  assert.equal(typeof time, 'number');
  assert.deepEqual(line, { level: 30, ...LEASE, state: 'expired', msg: 'lease expired' });
});

test('at the default level routine is silent', () => {
  const { observer, lines } = logTo('info');

  observer.scanFinished({ run: 'r', durationMs: 1, entries: 3, changed: 1 });
  observer.waitStarted({ run: 'r', until: 5, source: 'wait' });
  observer.leaseRenewed({ run: 'r', number: 1, ttlMs: 60_000 });

  assert.deepEqual(lines, []);
});

test('a directory that is not there is a warning: it may be mistyped', () => {
  const { observer, lines } = logTo('warn');

  for (const to of ['watching', 'waiting_for_directory'] as const)
    observer.runStateChanged({ run: 'r', directory: '/ckpts', from: null, to, reason: null });

  assert.deepEqual(
    lines.map((line) => JSON.parse(line).msg),
    ['run r of /ckpts is waiting_for_directory'],
  );
});

test('a lease whose files were lost is an error', () => {
  const { observer, lines } = logTo('error');

  observer.leaseEnded({ ...LEASE, state: 'released' });
  observer.leaseEnded({ ...LEASE, state: 'lost' });

  assert.equal(lines.length, 1);
});

test('an internal error is logged with its stack', () => {
  const { observer, lines } = logTo('info');

  observer.internalError({ during: 'scanning r', error: new Error('boom') });

  const { err, msg } = JSON.parse(lines.join(''));
  assert.equal(msg, 'internal error while scanning r');
  assert.match(err.stack, /^Error: boom\n {4}at /);
});

test('no line shows a lease id, wherever it stands and whoever wrote it', () => {
  const { logger, lines } = logTo('trace');
  const id = 'ls_Zk3-x_9qQ0aB1cD2eF3gH4';

  logger.info({ req: { url: `/leases/${id}/renew` } }, `renew ${id}`);
  logger.child({ [id]: id }).error(new Error(`no lease ${id}`));
  logger.debug('%s', id);

  assert.equal(lines.length, 3);
  assert.equal(lines.join('').includes('Zk3'), false);
});
