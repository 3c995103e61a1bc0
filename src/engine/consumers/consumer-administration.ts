import { type Bounds, checkLimit, type LimitRule } from '../access/limit.js';
import type { Clock } from '../clock.js';
import type { ConsumerDocument, ConsumerResultDocument, ListDocument } from '../documents.js';
import type { Consumers, PageQuery } from '../engine.js';
import { EngineError } from '../errors.js';
import type { EventLog } from '../events/event-log.js';
import type { LiveHoldings } from '../holdings/live-holdings.js';
import { checkTtl } from '../leases/ttl.js';
import { checkName, NAME } from '../names.js';
import { invalidPage, pageOf, parsePage } from '../pages.js';
import { Lane } from '../signals/lane.js';
import type { Store } from '../store.js';
import { runUnavailable } from '../watch/run-errors.js';
import type { LiveRun, RunRegistry } from '../watch/run-registry.js';
import type { ConsumerRecord } from './consumer.js';
import { describeConsumer, describeResult } from './consumer-document.js';
import { type ConsumerSettings, DEFAULT_CONSUMER_SETTINGS } from './consumer-options.js';
import type { ConsumerRegistry } from './consumer-registry.js';
import type { ConsumerRemoval } from './consumer-removal.js';
import type { DeliveryWait } from './delivery-wait.js';
import type { Feeds } from './feeds.js';
import type { HoldKeeper } from './hold-keeper.js';
import { LiveConsumer } from './live-consumer.js';
import type { NewestStep } from './newest-step.js';
import { isWanted, stepsAtStart } from './start-position.js';

export interface ConsumerAdministrationPorts {
  readonly store: Store;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly consumers: ConsumerRegistry;
  readonly runs: RunRegistry;
  readonly holdings: LiveHoldings;
  readonly wait: DeliveryWait;
  readonly newest: NewestStep;
  readonly feeds: Feeds;
  readonly keeper: HoldKeeper;
  readonly removal: ConsumerRemoval;
  readonly maxTtlMs: number;
  readonly maxConsumers: Bounds;
}

const LIMIT: LimitRule = {
  setting: 'max_consumers',
  code: 'limit_reached',
  noun: 'consumers',
  hint: 'delete consumers that nobody needs with DELETE /consumers/{name}',
};

type Wanted = Parameters<Consumers['put']>[2];

/** Makes, changes, shows and removes consumers, one change at a time. */
export class ConsumerAdministration {
  readonly #ports: ConsumerAdministrationPorts;
  readonly #lane = new Lane();

  constructor(ports: ConsumerAdministrationPorts) {
    this.#ports = ports;
  }

  /** Goes on with the consumers that are stored: what each owes is in memory before anything happens. */
  async revive(): Promise<void> {
    const { store, clock, consumers } = this.#ports;
    for (const record of await store.consumers.list())
      consumers.add(new LiveConsumer(clock, record, await store.consumers.owed(record.run, record.name)));
  }

  async put(
    live: LiveRun,
    name: string,
    wanted: Wanted,
    caller: string,
  ): Promise<{ created: boolean; consumer: ConsumerDocument }> {
    checkName('consumer', name);
    checkTtl(wanted.ttlMs, this.#ports.maxTtlMs);
    const { created, consumer } = await this.#lane.run(async () => {
      const known = this.#ports.consumers.find(live.run.name, name);
      if (known !== null) return { created: false, consumer: await this.#change(known, wanted) };
      const settings = { ...wanted, start: wanted.start ?? DEFAULT_CONSUMER_SETTINGS.start };
      return { created: true, consumer: await this.#create(live, name, settings, caller) };
    });
    // Who was told of the consumer is to find the steps that it begins with.
    await this.#ports.keeper.tend(consumer);
    return { created, consumer: await this.describe(live, consumer) };
  }

  get(live: LiveRun, name: string): Promise<ConsumerDocument> {
    return this.describe(live, this.#ports.consumers.get(live.run.name, name));
  }

  async list(live: LiveRun, { limit, page }: PageQuery): Promise<ListDocument<ConsumerDocument>> {
    if (page !== null && !NAME.test(page)) throw invalidPage(page);
    const found = this.#ports.consumers
      .ofRun(live.run.name)
      .filter(({ name }) => page === null || name > page);
    const shown = found.slice(0, limit);
    const items = await Promise.all(shown.map((consumer) => this.describe(live, consumer)));
    return { items, next_page: found.length > shown.length ? (shown.at(-1)?.name ?? null) : null };
  }

  remove(live: LiveRun, name: string): Promise<void> {
    return this.#lane.run(() => this.#ports.removal.remove(this.#ports.consumers.get(live.run.name, name)));
  }

  async results(
    live: LiveRun,
    name: string,
    { limit, page }: PageQuery,
  ): Promise<ListDocument<ConsumerResultDocument>> {
    const { store, consumers } = this.#ports;
    const { run } = consumers.get(live.run.name, name);
    const after = parsePage(page);
    const query = { run, consumer: name, after, limit: limit + 1 };
    return pageOf(
      await store.consumers.acknowledgements(query),
      limit,
      describeResult,
      ({ number }) => number,
    );
  }

  async describe(live: LiveRun, consumer: LiveConsumer): Promise<ConsumerDocument> {
    const { store, feeds, wait, newest, holdings } = this.#ports;
    await feeds.drain(consumer);
    const open = consumer.owed().find(({ parkedAt }) => parkedAt === null);
    const before = open?.ordinal ?? Number.MAX_SAFE_INTEGER;
    const lastAcknowledged = await store.consumers.lastAcknowledged(consumer.run, consumer.name, before);
    return describeConsumer(consumer, {
      situation: wait.situation(live, consumer),
      newest: newest.find(live, consumer),
      lastAcknowledged,
      holdings,
    });
  }

  async #create(
    live: LiveRun,
    name: string,
    settings: ConsumerSettings,
    caller: string,
  ): Promise<LiveConsumer> {
    const { log, clock, consumers, feeds, runs, maxConsumers } = this.#ports;
    const there = consumers.all();
    const ofCaller = there.filter(({ record }) => record.createdBy === caller).length;
    checkLimit(LIMIT, maxConsumers, { all: there.length, ofCaller });
    const { run } = live;
    await live.watcher.scan();
    if (run.availability === 'unavailable') throw runUnavailable(live);
    if (settings.mode === 'every') await this.#meetAll(live, settings);
    // Both of one moment: what comes later stands behind the position.
    const finalized = run.index.finalized();
    const { position } = log;
    const highest = finalized.at(-1)?.entry.step ?? null;
    const record: ConsumerRecord = {
      run: run.name,
      name,
      settings,
      position,
      lastYielded: settings.start === 'next' ? highest : null,
      lastGrantedAt: null,
      createdAt: clock.now(),
      createdBy: caller,
    };
    const drafts = (settings.mode === 'every' ? stepsAtStart(settings, finalized) : []).flatMap(
      ({ entry: { step, name: stepName, generation } }) =>
        step === null || generation === null ? [] : [{ step, stepName, generation }],
    );
    const consumer = new LiveConsumer(clock, record, []);
    await log.commit(async (tx, { apply }) => {
      runs.expect(live);
      await tx.consumers.insert(record);
      const owed = await tx.consumers.owe(run.name, name, drafts);
      apply(() => {
        for (const each of owed) consumer.put(each);
        consumers.add(consumer);
      });
    });
    feeds.begin(live, consumer);
    return consumer;
  }

  async #change(consumer: LiveConsumer, wanted: Wanted): Promise<LiveConsumer> {
    const { settings: before } = consumer.record;
    const settings: ConsumerSettings = { ...wanted, start: wanted.start ?? before.start };
    for (const fixed of ['mode', 'start'] as const) {
      if (settings[fixed] === before[fixed]) continue;
      throw new EngineError(
        'consumer_exists',
        `consumer "${consumer.name}" exists with ${fixed} ${JSON.stringify(before[fixed])}: it cannot become ${JSON.stringify(settings[fixed])}`,
        { hint: 'use another name, or DELETE the consumer first' },
      );
    }
    const { log } = this.#ports;
    await log.commit(async (tx, { apply }) => {
      await tx.consumers.update(consumer.run, consumer.name, { settings });
      apply(() => consumer.change({ settings }));
    });
    // Workers may get more, or sooner.
    log.wakeup(consumer.run).signal();
    return consumer;
  }

  /** Of thousands of steps some were not looked at yet: each gets its generation now, or it would be owed out of order. */
  async #meetAll({ run, watcher }: LiveRun, settings: ConsumerSettings): Promise<void> {
    if (settings.start === 'next') return;
    const wanted = run.index.finalized().filter(({ entry }) => isWanted(settings, entry.step));
    for (const { entry } of settings.start === 'latest' ? wanted.slice(-1) : wanted)
      if (entry.generation === null) await watcher.examine(entry.name);
  }
}
