import type { Command } from 'commander';
import { Consumer, ConsumerResult } from '../client/consumer-documents.js';
import { listAll } from '../client/list-all.js';
import { addClientCommand, openSession } from '../client-command.js';
import { printJson, printLines, printNote } from '../output.js';
import { showTime } from '../terminal/figures.js';
import { recordLines, tableLines } from '../terminal/table.js';
import { CONSUMER_COLUMNS, consumerFields } from './consumer-columns.js';

export function addConsumerList(consumer: Command): void {
  const command = addClientCommand(consumer, 'list', {
    description: 'List the consumers of a run, and how far each is behind.',
    examples: ['steplease consumer list --run mnist'],
  });
  command.action(async () => {
    const { client, run, json, screen } = openSession(command);
    const list = await listAll(client, Consumer, { path: ['consumers'], query: { run } });
    if (json) return printJson(list);
    if (list.items.length === 0) return printNote('no consumers');
    printLines(await tableLines(screen, CONSUMER_COLUMNS, list.items));
  });
}

export function addConsumerShow(consumer: Command): void {
  const command = addClientCommand(consumer, 'show', {
    description:
      'Show a consumer: its pending steps, its deliveries in flight, and the steps that were given up.',
    examples: ['steplease consumer show mmlu'],
  }).argument('<NAME>');
  command.action(async (name: string) => {
    const { client, run, json, screen } = openSession(command);
    const shown = await client.document(Consumer, { path: ['consumers', name], query: { run } });
    if (json) return printJson(shown);
    printLines(recordLines(screen, consumerFields(shown)));
  });
}

export function addConsumerResults(consumer: Command): void {
  const command = addClientCommand(consumer, 'results', {
    description: 'List the acknowledged steps with their results.',
    examples: ["steplease consumer results mmlu --json | jq '.items[] | [.step, .result.accuracy]'"],
  }).argument('<NAME>');
  command.action(async (name: string) => {
    const { client, run, json, screen } = openSession(command);
    const path = ['consumers', name, 'results'];
    const list = await listAll(client, ConsumerResult, { path, query: { run } });
    if (json) return printJson(list);
    if (list.items.length === 0) return printNote('no results');
    printLines(
      await tableLines(
        screen,
        [
          { title: 'step', right: true, cell: ({ step }) => step },
          { title: 'acknowledged', cell: ({ acked_at: time }) => showTime(time) },
          { title: 'attempts', right: true, cell: ({ attempts }) => attempts },
          { title: 'result', cell: ({ result }) => (result ? JSON.stringify(result) : null) },
        ],
        list.items,
      ),
    );
  });
}
