import type { Acknowledgement, ConsumerRecord, OwedStep } from '../../engine/consumers/consumer.js';
import { fromJson, fromJsonOrNull, toJson } from './columns.js';
import type { AcknowledgementRow, ConsumerRow, OwedStepRow } from './schema.js';

export const OWED_COLUMNS = [
  'run',
  'consumer',
  'ordinal',
  'step',
  'step_name',
  'generation',
  'snapshot_id',
  'lease_number',
  'attempts',
  'not_before',
  'parked_at',
] as const satisfies readonly (keyof OwedStepRow)[];

export function toConsumerRow(consumer: ConsumerRecord): ConsumerRow {
  return {
    run: consumer.run,
    name: consumer.name,
    settings_json: toJson(consumer.settings),
    position: consumer.position,
    taken: 0,
    acknowledged: 0,
    last_yielded: consumer.lastYielded,
    last_granted_at: consumer.lastGrantedAt,
    created_at: consumer.createdAt,
    created_by: consumer.createdBy,
  };
}

export function toConsumer(row: ConsumerRow): ConsumerRecord {
  return {
    run: row.run,
    name: row.name,
    settings: fromJson(row.settings_json),
    position: row.position,
    lastYielded: row.last_yielded,
    lastGrantedAt: row.last_granted_at,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}

export function toOwedRow(owed: OwedStep): OwedStepRow {
  return {
    run: owed.run,
    consumer: owed.consumer,
    ordinal: owed.ordinal,
    step: owed.step,
    step_name: owed.stepName,
    generation: owed.generation,
    snapshot_id: owed.snapshotId,
    lease_number: owed.leaseNumber,
    attempts: owed.attempts,
    not_before: owed.notBefore,
    parked_at: owed.parkedAt,
  };
}

export function toOwed(row: OwedStepRow): OwedStep {
  return {
    run: row.run,
    consumer: row.consumer,
    ordinal: row.ordinal,
    step: row.step,
    stepName: row.step_name,
    generation: row.generation,
    snapshotId: row.snapshot_id,
    leaseNumber: row.lease_number,
    attempts: row.attempts,
    notBefore: row.not_before,
    parkedAt: row.parked_at,
  };
}

export function toAcknowledgement(row: AcknowledgementRow): Acknowledgement {
  return {
    run: row.run,
    consumer: row.consumer,
    number: row.number,
    ordinal: row.ordinal,
    step: row.step,
    generation: row.generation,
    ackedAt: row.acked_at,
    attempts: row.attempts,
    result: fromJsonOrNull(row.result_json),
  };
}
