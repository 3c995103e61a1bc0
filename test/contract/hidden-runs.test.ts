import assert from 'node:assert/strict';
import test from 'node:test';
import type { Answer } from '../support/http-client.js';
import { ApiDescription, type Operation } from './support/api-description.js';
import { TwoCallers } from './support/two-callers.js';

const api = await ApiDescription.read();

/** Operations that are about no run: their answers are the same for every caller. */
const ABOUT_NO_RUN = [
  ...['live', 'ready', 'version', 'openapi', 'constructRestoreArgs'],
  ...['createToken', 'listTokens', 'revokeToken', 'beginSession', 'endSession'],
];

/** What stands in a request for a run and for what belongs to it. */
interface Names {
  readonly run: string;
  readonly lease: string;
  readonly number: number;
  readonly directory: string;
}

/** The parameters of an operation that can lead to a run, each filled in; null: none can. */
function pathsOf(operation: Operation, names: Names): readonly string[] | null {
  const { parameters = [], path } = operation;
  const isNumbered = path.startsWith('/snapshots');
  const inPath: Readonly<Record<string, string>> = {
    run: names.run,
    id: isNumbered ? String(names.number) : names.lease,
    name: 'eval',
    step: '7',
  };
  const filled = path.replace(/\{(\w+)\}/g, (_all, name: string) => inPath[name] ?? name);
  const leads = (name: string) => parameters.some((each) => each.name === name && each.in === 'query');
  const queries = [
    ...(leads('run') ? [`run=${names.run}`] : []),
    ...(leads('lease') ? [`lease=${names.lease}`] : []),
    ...(leads('directory') ? [`directory=${encodeURIComponent(names.directory)}`] : []),
  ];
  if (queries.length > 0) return queries.map((query) => `${filled}?${query}`);
  return filled === path && operation.operationId !== 'breakLease' ? null : [filled];
}

async function answers(callers: TwoCallers, operation: Operation, names: Names): Promise<readonly unknown[]> {
  const given: unknown[] = [];
  for (const path of pathsOf(operation, names) ?? []) {
    for (const body of api.bodies(operation)) {
      const filled: Record<string, unknown> = { ...body };
      if ('number' in filled) filled['number'] = names.number;
      const options = operation.requestBody === undefined ? {} : { body: filled };
      const answer = await callers.limited.call(operation.method.toUpperCase(), path, options);
      given.push(withoutNames(answer, names));
    }
  }
  return given;
}

/** Status, headers and body, with what the request itself said taken out. */
function withoutNames({ status, headers, body }: Answer, { run, lease, number }: Names): unknown {
  const text = JSON.stringify({ ...body, request_id: null });
  const plain = text.replaceAll(run, 'RUN').replaceAll(lease, 'LEASE').replaceAll(`${number}`, 'NUMBER');
  const names = [...headers.keys()].sort();
  return { status, names, body: plain };
}

for (const operation of api.operations) {
  const { operationId } = operation;
  if (ABOUT_NO_RUN.includes(operationId)) continue;
  test(`${operationId} answers for a hidden run as for a missing one`, async (t) => {
    const callers = await TwoCallers.meet(t);
    const isDelivery = operation.path.endsWith('ack');
    const lease = await (isDelivery ? callers.delivery() : callers.lease());
    const number = operation.path.startsWith('/snapshots') ? 1 : lease.number;
    const hidden: Names = {
      run: 'secret',
      lease: lease.id,
      number,
      directory: callers.secret.directory,
    };
    const missing: Names = {
      run: 'absent',
      lease: `ls_${'A'.repeat(lease.id.length - 3)}`,
      number: 987_654,
      directory: `${callers.secret.directory}-not`,
    };

    const given = await answers(callers, operation, hidden);

    assert.ok(given.length > 0, 'the operation leads to no run: name it in ABOUT_NO_RUN');
    assert.deepEqual(given, await answers(callers, operation, missing));
    assert.equal((await callers.everybody.ok(callers.everybody.get(`/leases/${lease.id}`))).state, 'active');
    assert.equal((await callers.everybody.ok(callers.everybody.get('/runs/secret'))).state, 'watching');
  });
}
