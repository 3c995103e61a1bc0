import type { Command } from 'commander';
import type { Clock } from '../../engine/clock.js';
import { Type } from '../../typebox.js';
import { readObject, readSeconds } from '../arguments.js';
import { Lease, Unsatisfied } from '../client/documents.js';
import { addClientCommand, openSession, type Session } from '../client-command.js';
import { addLeaseArgument, leaseIdOf } from '../lease-argument.js';
import { printJson, printLines } from '../output.js';
import { recordLines } from '../terminal/table.js';
import { bindRun } from '../waiting/bind-run.js';
import { Deadline } from '../waiting/deadline.js';
import { endedWithoutStep } from '../waiting/ended-without-step.js';
import { tellAway } from '../waiting/tell-away.js';
import { isUnsatisfied, waitInSlices } from '../waiting/wait-in-slices.js';
import { leaseFields } from './lease-columns.js';

const Answer = Type.Union([Lease, Unsatisfied]);

interface NextOptions {
  readonly timeout?: number;
  readonly ttl?: number;
  readonly holder?: string;
  readonly idempotencyKey?: string;
}

export function addConsumerNext(consumer: Command, clock: Clock): void {
  const command = addClientCommand(consumer, 'next', {
    description:
      'Take the next step of a consumer as a lease, to be ended with "ack" or "nack". The lease is not renewed; "exec" does that, too.',
    examples: ['steplease consumer next mmlu --ttl 10m --json | jq -r ".id, .path"'],
  })
    .argument('<NAME>')
    .option('--timeout <DURATION>', 'give up after this time, with exit 124 (default: never)', readSeconds)
    .option('--ttl <DURATION>', 'how long the lease lasts without a renewal', readSeconds)
    .option('--holder <TEXT>', 'name of the worker, for people to read')
    .option('--idempotency-key <KEY>', 'a repeated call with the same key gets the same lease');
  command.action(async (name: string, { timeout, ttl, holder, idempotencyKey }: NextOptions) => {
    const { client, run: given, json, screen } = openSession(command);
    const patience = {
      client,
      clock,
      deadline: new Deadline(clock, timeout ?? null),
      onAway: tellAway,
    };
    const run = await bindRun(patience, given);
    const answer = await waitInSlices(patience, (seconds) =>
      client.document(Answer, {
        method: 'POST',
        path: ['consumers', name, 'next'],
        query: { run },
        headers: idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey },
        body: { timeout: seconds, ttl, holder },
      }),
    );
    if (json) printJson(answer);
    if (isUnsatisfied(answer)) throw endedWithoutStep(answer, `a step for consumer ${name}`);
    if (!json) printLines(recordLines(screen, leaseFields(answer)));
  });
}

export function addConsumerAck(consumer: Command): void {
  const command = addLeaseArgument(
    addClientCommand(consumer, 'ack', {
      description: 'Acknowledge a step as done, and release its lease.',
      examples: ['steplease consumer ack ls_5n2Xw0b7QkqkL8c1d3fZpA --result \'{"accuracy": 0.93}\''],
    }),
  ).option('--result <JSON>', 'an object that is kept with the step', readObject);
  command.action((given: string | undefined, { result }: { readonly result?: object }) =>
    settle(openSession(command), given, 'ack', { result }),
  );
}

export function addConsumerNack(consumer: Command): void {
  const command = addLeaseArgument(
    addClientCommand(consumer, 'nack', {
      description: 'Give a step back as not done: the consumer offers it again.',
      examples: ['steplease consumer nack ls_5n2Xw0b7QkqkL8c1d3fZpA --delay 5m'],
    }),
  ).option('--delay <DURATION>', 'offer the step again only after this time', readSeconds);
  command.action((given: string | undefined, { delay }: { readonly delay?: number }) =>
    settle(openSession(command), given, 'nack', { delay }),
  );
}

async function settle(
  { client, json, screen }: Session,
  given: string | undefined,
  verb: 'ack' | 'nack',
  body: Readonly<Record<string, unknown>>,
): Promise<void> {
  const path = ['leases', leaseIdOf(given), verb];
  const settled = await client.document(Lease, { method: 'POST', path, body });
  if (json) return printJson(settled);
  printLines(recordLines(screen, leaseFields(settled)));
}
