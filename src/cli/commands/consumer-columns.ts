import type { Consumer } from '../client/consumer-documents.js';
import type { Cell, Column } from '../terminal/table.js';

export const CONSUMER_COLUMNS: readonly Column<Consumer>[] = [
  { title: 'consumer', cell: ({ name }) => name },
  { title: 'run', cell: ({ run }) => run },
  { title: 'mode', cell: ({ mode }) => mode },
  { title: 'acked', right: true, cell: ({ last_acked_step: step }) => step },
  { title: 'lag', right: true, cell: ({ lag }) => lag },
  { title: 'pending', right: true, cell: ({ pending }) => pending.length },
  { title: 'in flight', right: true, cell: ({ in_flight: deliveries }) => deliveries.length },
  { title: 'parked', right: true, cell: ({ parked }) => parked.length },
  { title: 'last error', cell: ({ last_error: error }) => errorText(error) },
];

export function consumerFields(consumer: Consumer): Readonly<Record<string, Cell>> {
  const { name, run, mode, last_acked_step: acked, lag, pending, in_flight: inFlight, parked } = consumer;
  const deliveries = inFlight.map(
    ({ step, number, attempt, holder }) =>
      `${step} (lease ${number}, attempt ${attempt}${holder === null ? '' : `, ${holder}`})`,
  );
  return {
    consumer: name,
    run,
    mode,
    'acknowledged up to': acked,
    lag,
    pending: pending.join(', '),
    'in flight': deliveries.join(', '),
    parked: parked.map(({ step, attempts }) => `${step} (after ${attempts} attempts)`).join(', '),
    'last error': errorText(consumer.last_error),
  };
}

function errorText(error: unknown): string | null {
  if (error === null || error === undefined) return null;
  return typeof error === 'string' ? error : JSON.stringify(error);
}
