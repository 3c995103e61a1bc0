import type {
  Acknowledgement,
  ConsumerRecord,
  OwedDraft,
  OwedStep,
} from '../../engine/consumers/consumer.js';
import type { AcknowledgementQuery, ConsumerWriter } from '../../engine/store.js';
import { toJson, toJsonOrNull } from './columns.js';
import { toAcknowledgement, toConsumer, toConsumerRow, toOwed, toOwedRow } from './consumer-row.js';
import {
  ACKNOWLEDGE,
  ACKNOWLEDGEMENTS,
  COUNT_HOLDING,
  FIND_OWED,
  INSERT,
  INSERT_OWED,
  isKnown,
  LAST_ACKNOWLEDGED,
  LIST,
  next,
  OWED,
  OWED_BY_LEASE,
  PUT_OWED,
  REMOVE,
  REMOVE_OWED,
  update,
} from './consumer-statements.js';
import type { ConsumerRow } from './schema.js';
import type { Session } from './session.js';

type ConsumerChange = Parameters<ConsumerWriter['update']>[2];

export class ConsumerTable implements ConsumerWriter {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async list(): Promise<readonly ConsumerRecord[]> {
    return (await this.#session.rows(LIST, {})).map(toConsumer);
  }

  async insert(consumer: ConsumerRecord): Promise<void> {
    await this.#session.change(INSERT, toConsumerRow(consumer));
  }

  async update(run: string, name: string, change: ConsumerChange): Promise<void> {
    const changed = toChangedColumns(change);
    const columns = Object.keys(changed);
    if (columns.length > 0) {
      await this.#session.change(update(columns.join()), { ...changed, ofRun: run, called: name });
    }
  }

  async remove(run: string, name: string): Promise<void> {
    await this.#session.change(REMOVE, { run, name });
  }

  async owed(run: string, consumer: string): Promise<readonly OwedStep[]> {
    return (await this.#session.rows(OWED, { run, consumer })).map(toOwed);
  }

  async owe(run: string, consumer: string, drafts: readonly OwedDraft[]): Promise<readonly OwedStep[]> {
    const taken: OwedStep[] = [];
    for (const draft of drafts) {
      if (await this.#knows(run, consumer, draft.generation)) {
        continue;
      }
      const ordinal = await this.#next('taken', run, consumer);
      if (ordinal === null) return [];
      const fresh = { snapshotId: null, leaseNumber: null, attempts: 0, notBefore: null, parkedAt: null };
      const owed: OwedStep = { ...draft, ...fresh, run, consumer, ordinal };
      await this.#session.change(INSERT_OWED, toOwedRow(owed));
      taken.push(owed);
    }
    return taken;
  }

  async findOwed(run: string, consumer: string, ordinal: number): Promise<OwedStep | null> {
    const [row] = await this.#session.rows(FIND_OWED, { run, consumer, ordinal });
    return row === undefined ? null : toOwed(row);
  }

  async owedByLease(leaseNumber: number): Promise<OwedStep | null> {
    const [row] = await this.#session.rows(OWED_BY_LEASE, { leaseNumber });
    return row === undefined ? null : toOwed(row);
  }

  async putOwed(owed: OwedStep): Promise<boolean> {
    return (await this.#session.change(PUT_OWED, toOwedRow(owed))) > 0;
  }

  async removeOwed({ run, consumer, ordinal }: OwedStep): Promise<boolean> {
    return (await this.#session.change(REMOVE_OWED, { run, consumer, ordinal })) > 0;
  }

  async acknowledge(acknowledgement: Omit<Acknowledgement, 'number'>): Promise<void> {
    const { run, consumer, ordinal, step, generation, ackedAt, attempts, result } = acknowledgement;
    const number = await this.#next('acknowledged', run, consumer);
    if (number === null) throw new Error(`run ${run} has no consumer ${consumer}`);
    const row = { run, consumer, number, ordinal, step, generation, attempts };
    await this.#session.change(ACKNOWLEDGE, { ...row, acked_at: ackedAt, result_json: toJsonOrNull(result) });
  }

  async acknowledgements(query: AcknowledgementQuery): Promise<readonly Acknowledgement[]> {
    return (await this.#session.rows(ACKNOWLEDGEMENTS, query)).map(toAcknowledgement);
  }

  async lastAcknowledged(run: string, consumer: string, before: number): Promise<Acknowledgement | null> {
    const [row] = await this.#session.rows(LAST_ACKNOWLEDGED, { run, consumer, ordinal: before });
    return row === undefined ? null : toAcknowledgement(row);
  }

  async countHolding(snapshotId: number): Promise<number> {
    const [row] = await this.#session.rows(COUNT_HOLDING, { snapshotId });
    return row?.count ?? 0;
  }

  async #knows(run: string, consumer: string, generation: string): Promise<boolean> {
    for (const table of ['owed_steps', 'acknowledgements'] as const) {
      const [known] = await this.#session.rows(isKnown(table), { run, consumer, generation });
      if (known !== undefined) {
        return true;
      }
    }
    return false;
  }

  /** Null: there is no such consumer. */
  async #next(counter: 'taken' | 'acknowledged', run: string, name: string): Promise<number | null> {
    const [row] = await this.#session.rows(next(counter), { run, name });
    return row?.last ?? null;
  }
}

function toChangedColumns({
  settings,
  position,
  lastYielded,
  lastGrantedAt,
}: ConsumerChange): Partial<ConsumerRow> {
  return {
    ...(settings === undefined ? {} : { settings_json: toJson(settings) }),
    ...(position === undefined ? {} : { position }),
    ...(lastYielded === undefined ? {} : { last_yielded: lastYielded }),
    ...(lastGrantedAt === undefined ? {} : { last_granted_at: lastGrantedAt }),
  };
}
