import type { RunGlobs } from '../access/run-globs.js';
import type { LeaseDocument, UnsatisfiedNextDocument } from '../documents.js';
import type { Caller, NextRequest, NextResult } from '../engine.js';
import { EngineError } from '../errors.js';
import type { EventLog } from '../events/event-log.js';
import type { LeaseRecord } from '../holdings/lease.js';
import type { Word } from '../leases/deliveries.js';
import type { GrantDesk } from '../leases/grant-desk.js';
import { keyedBy } from '../leases/grant-keys.js';
import { describeLease } from '../leases/lease-document.js';
import type { GrantTerms } from '../leases/lease-draft.js';
import type { LeaseLife } from '../leases/lease-life.js';
import { type LeaseTerms, leaseEnded } from '../leases/lease-terms.js';
import { checkTtl } from '../leases/ttl.js';
import { isObstruction, StepVanished } from '../snapshots/snapshot-failure.js';
import type { WaitRecorder } from '../waits/wait-recorder.js';
import { DEFAULT_TIMEOUT_MS, type WaitingRoom, type WaitSlice } from '../waits/waiting-room.js';
import { runUnavailable } from '../watch/run-errors.js';
import type { LiveRun } from '../watch/run-registry.js';
import type { OwedStep } from './consumer.js';
import type { ConsumerRegistry } from './consumer-registry.js';
import type { DeliveryGrant } from './delivery-grant.js';
import type { DeliveryWait } from './delivery-wait.js';
import type { HoldKeeper } from './hold-keeper.js';
import type { LiveConsumer } from './live-consumer.js';
import type { NewestStep } from './newest-step.js';

export interface DeliveryDeskPorts {
  readonly log: EventLog;
  readonly consumers: ConsumerRegistry;
  readonly room: WaitingRoom;
  readonly recorder: WaitRecorder;
  readonly wait: DeliveryWait;
  readonly grants: DeliveryGrant;
  readonly keeper: HoldKeeper;
  readonly newest: NewestStep;
  readonly terms: LeaseTerms;
  readonly desk: GrantDesk<UnsatisfiedNextDocument>;
  readonly maxTtlMs: number;
  readonly life: LeaseLife;
}

type Asked = Omit<GrantTerms, 'delivery' | 'waitedMs'>;

type Attempt =
  | { readonly kind: 'delivered'; readonly lease: LeaseRecord }
  /** It went to another, it is gone, or it may be free now. */
  | { readonly kind: 'again' }
  /** There was no time left for what keeps it back to end. */
  | { readonly kind: 'late'; readonly why: string };

/** Where workers get their next step, and say what became of it. */
export class DeliveryDesk {
  readonly #ports: DeliveryDeskPorts;

  constructor(ports: DeliveryDeskPorts) {
    this.#ports = ports;
  }

  async next(
    live: LiveRun,
    name: string,
    request: NextRequest,
    caller: Caller,
    signal: AbortSignal,
  ): Promise<NextResult> {
    const { consumers, desk, recorder, maxTtlMs, life } = this.#ports;
    const consumer = consumers.get(live.run.name, name);
    const ttlMs = life.within(checkTtl(request.ttlMs ?? consumer.record.settings.ttlMs, maxTtlMs));
    const keyed = keyedBy(live.run.name, caller, { consumer: name });
    const { holder, timeoutMs } = request;
    const grantedTo = caller.name;
    const asked = { grantedTo, holder, labels: {}, ignoreSnapshotErrors: false, ttlMs, keyed };
    return desk.answer(
      {
        live,
        caller,
        keyed,
        timeoutMs: timeoutMs ?? DEFAULT_TIMEOUT_MS,
        step: null,
        begin: () => recorder.begin(live.run.name, null, 'consumer', null),
        serve: (slice, hand) => this.#serve(slice, consumer, asked, hand),
      },
      signal,
    );
  }

  /** Ends a delivery as its worker says; the same word again changes nothing. */
  async end(id: string, word: Word, sight: RunGlobs): Promise<LeaseDocument> {
    const { terms, consumers } = this.#ports;
    const lease = await terms.find(id, sight);
    if (lease.delivery === null) {
      throw new EngineError('not_a_delivery', `lease ${lease.number} is no delivery of a consumer`, {
        hint: 'DELETE /leases/{id} releases it',
      });
    }
    if (lease.state === 'active') {
      const consumer = consumers.get(lease.run, lease.delivery.consumer);
      const isOfIt = consumer.owed().some(({ leaseNumber }) => leaseNumber === lease.number);
      if (isOfIt) {
        const reason = word.verdict === 'ack' ? 'it was acknowledged' : 'it was handed back';
        const ended = await terms.end(lease, 'released', reason, word);
        if (ended !== null) return describeLease(ended, null);
      }
    }
    const ended = await terms.find(id, sight);
    if (ended.state === 'active') {
      throw new EngineError(
        'consumer_not_found',
        `consumer "${lease.delivery.consumer}" was removed since it delivered lease ${lease.number}`,
        { hint: 'DELETE /leases/{id} releases the lease' },
      );
    }
    if (ended.verdict === word.verdict) return describeLease(ended, null);
    throw leaseEnded(ended);
  }

  async #serve(
    slice: WaitSlice,
    consumer: LiveConsumer,
    asked: Asked,
    hand: (lease: LeaseRecord) => Promise<NextResult>,
  ): Promise<NextResult> {
    const { wait, recorder, room } = this.#ports;
    for (;;) {
      const end = await wait.seek(slice, consumer);
      if (end.kind !== 'offer') return this.#refuse(slice, consumer, end.kind);
      const attempt = await this.#deliver(slice, consumer, end.owed, asked);
      if (attempt.kind === 'again') continue;
      if (attempt.kind === 'late') {
        const { granted, wait: answer } = this.#refuse(slice, consumer, room.late(slice).kind);
        return { granted, wait: { ...answer, detail: `${attempt.why}; ${answer.detail}` } };
      }
      recorder.end(slice.start, 'reached', attempt.lease.step);
      return hand(attempt.lease);
    }
  }

  #refuse(
    slice: WaitSlice,
    consumer: LiveConsumer,
    reason: UnsatisfiedNextDocument['reason'],
  ): { readonly granted: false; readonly wait: UnsatisfiedNextDocument } {
    const { wait, recorder } = this.#ports;
    recorder.end(slice.start, reason === 'finished' ? 'finished' : 'timeout', null);
    return { granted: false, wait: wait.unsatisfied(slice, consumer, reason) };
  }

  /** Its worker keeps a step that is kept back, so that others get the next ones meanwhile. */
  async #deliver(slice: WaitSlice, consumer: LiveConsumer, owed: OwedStep, asked: Asked): Promise<Attempt> {
    const { room, log } = this.#ports;
    if (!consumer.claim(owed.ordinal)) return { kind: 'again' };
    try {
      const since = slice.live.run.position;
      const outcome = await this.#grant(slice, consumer, owed, asked);
      if (outcome === null) return { kind: 'again' };
      if (!(outcome instanceof EngineError)) return { kind: 'delivered', lease: outcome };
      const isAgain = await room.mayTryAgain(slice, since, () => consumer.ended.reason !== null);
      return isAgain ? { kind: 'again' } : { kind: 'late', why: outcome.message };
    } finally {
      consumer.unclaim(owed.ordinal);
      log.wakeup(consumer.run).signal();
    }
  }

  /** Null: it is gone, or went to another. An error: what keeps it back. */
  async #grant(
    { live, scope }: WaitSlice,
    consumer: LiveConsumer,
    owed: OwedStep,
    asked: Asked,
  ): Promise<LeaseRecord | EngineError | null> {
    const { grants, keeper, newest } = this.#ports;
    try {
      return await grants.grant(live, consumer, owed, { ...asked, waitedMs: () => scope.waitedMs });
    } catch (error) {
      if (isObstruction(error)) return error;
      if (!(error instanceof StepVanished)) throw error;
      if (consumer.record.settings.mode === 'every')
        return (await keeper.forsake(live, consumer, owed)) ? null : runUnavailable(live);
      await live.watcher.recheck(owed.stepName);
      await newest.forsake(consumer, owed);
      return null;
    }
  }
}
