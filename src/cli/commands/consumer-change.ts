import { type Command, Option } from 'commander';
import {
  CONSUMER_MODES,
  type ConsumerStart,
  DEFAULT_CONSUMER_SETTINGS,
} from '../../engine/consumers/consumer-options.js';
import { readCount, readSeconds, readStart } from '../arguments.js';
import { Consumer } from '../client/consumer-documents.js';
import { addClientCommand, openSession } from '../client-command.js';
import { printJson, printLines } from '../output.js';
import { recordLines } from '../terminal/table.js';
import { consumerFields } from './consumer-columns.js';

const DEFAULTS = DEFAULT_CONSUMER_SETTINGS;

interface CreateOptions {
  readonly mode: string;
  readonly everyK?: number;
  readonly start?: ConsumerStart;
  readonly minInterval?: number;
  readonly maxPending?: number;
  readonly maxInFlight?: number;
  readonly maxDeliver?: number;
  readonly ttl?: number;
}

export function addConsumerCreate(consumer: Command): void {
  const command = addClientCommand(consumer, 'create', {
    description: 'Create or change a consumer: an iterator over the steps of a run that survives restarts.',
    examples: [
      'steplease consumer create mmlu --mode every --max-pending 10     # misses no step',
      'steplease consumer create sampler --mode latest --min-interval 10m',
    ],
  })
    .argument('<NAME>')
    .addOption(
      new Option('--mode <MODE>', 'latest: the newest step each time; every: each step in order')
        .choices(CONSUMER_MODES)
        .makeOptionMandatory(),
    )
    .option('--every-k <K>', 'only steps that are multiples of K', readCount)
    .option(
      '--start <START>',
      `latest, earliest, next, or a step number (default ${DEFAULTS.start})`,
      readStart,
    )
    .option('--min-interval <DURATION>', 'minimum time between two deliveries', readSeconds)
    .option(
      '--max-pending <N>',
      `maximum of snapshots held for steps that are not acknowledged (default ${DEFAULTS.maxPending})`,
      readCount,
    )
    .option(
      '--max-in-flight <N>',
      `maximum of workers at the same time (default ${DEFAULTS.maxInFlight})`,
      readCount,
    )
    .option(
      '--max-deliver <N>',
      `maximum of attempts before a step is parked (default ${DEFAULTS.maxDeliver})`,
      readCount,
    )
    .option('--ttl <DURATION>', 'TTL of the leases that it delivers', readSeconds);
  command.action(async (name: string, options: CreateOptions) => {
    const { client, run, json, screen } = openSession(command);
    const created = await client.document(Consumer, {
      method: 'PUT',
      path: ['consumers', name],
      query: { run },
      body: {
        mode: options.mode,
        every_k: options.everyK,
        start: options.start,
        min_interval: options.minInterval,
        max_pending: options.maxPending,
        max_in_flight: options.maxInFlight,
        max_deliver: options.maxDeliver,
        ttl: options.ttl,
      },
    });
    if (json) return printJson(created);
    printLines(recordLines(screen, consumerFields(created)));
  });
}

export function addConsumerDelete(consumer: Command): void {
  const command = addClientCommand(consumer, 'delete', {
    description: 'Delete a consumer, with its position, its results, and the snapshots held for it.',
    examples: ['steplease consumer delete mmlu'],
  }).argument('<NAME>');
  command.action(async (name: string) => {
    const { client, run, json } = openSession(command);
    await client.text({ method: 'DELETE', path: ['consumers', name], query: { run } });
    if (json) printJson({ name, deleted: true });
  });
}
