import type { Command } from 'commander';
import type { Clock } from '../../engine/clock.js';
import { addConsumerCreate, addConsumerDelete } from './consumer-change.js';
import { addConsumerList, addConsumerResults, addConsumerShow } from './consumer-look.js';
import { addConsumerAck, addConsumerNack, addConsumerNext } from './consumer-work.js';

export function addConsumer(program: Command, clock: Clock): void {
  const consumer = program
    .command('consumer')
    .description('Work through the steps of a run, across restarts and with several workers.');
  addConsumerList(consumer);
  addConsumerShow(consumer);
  addConsumerCreate(consumer);
  addConsumerNext(consumer, clock);
  addConsumerAck(consumer);
  addConsumerNack(consumer);
  addConsumerResults(consumer);
  addConsumerDelete(consumer);
}
