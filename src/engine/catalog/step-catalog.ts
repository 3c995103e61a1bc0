import type { LazyStepList, StepDocument } from '../documents.js';
import type { StepListQuery } from '../engine.js';
import type { Holdings } from '../holdings/holdings.js';
import { invalidPage } from '../pages.js';
import type { StepEntry } from '../steps/step.js';
import { describeStep, type StepOwner } from '../steps/step-document.js';
import type { TrackedStep } from '../steps/tracked-step.js';
import { runUnavailable, stepNotFound } from '../watch/run-errors.js';
import type { LiveRun } from '../watch/run-registry.js';

/** Shows the index. */
export class StepCatalog {
  readonly #holdings: Holdings;

  constructor(holdings: Holdings) {
    this.#holdings = holdings;
  }

  /** Makes sure that the index is at most one poll interval old, and names its state. */
  async version(live: LiveRun): Promise<string> {
    await this.#refresh(live);
    return live.run.version;
  }

  async list(live: LiveRun, query: StepListQuery): Promise<LazyStepList> {
    await this.#refresh(live);
    const { run } = live;
    const chosen = choose(run.index.finalized(), run.index.all(), query);
    const from = query.page === null ? 0 : startAfter(chosen, query.page, query.order);
    const shown = chosen.slice(from, from + query.limit);
    const last = shown.at(-1);
    const isMore = from + shown.length < chosen.length && last !== undefined;
    return {
      run: run.name,
      cursor: run.cursor,
      latest_step: run.index.highest()?.entry.step ?? null,
      items: describeEach(run, shown, this.#holdings),
      next_page: isMore ? formatPage(last) : null,
    };
  }

  /** A step in whatever state; a "no" comes only after a fresh scan. */
  async find(live: LiveRun, step: number | 'latest'): Promise<TrackedStep> {
    await this.#refresh(live);
    // The latest step is an offer: it is checked as a wait's answer is.
    for (let known = this.#find(live, step); known !== null; known = this.#find(live, step))
      if (step !== 'latest' || (await live.watcher.isWhole(known))) return known;
    await live.watcher.scan();
    const found = this.#find(live, step);
    if (found === null) throw stepNotFound(live, step);
    return found;
  }

  async get(live: LiveRun, step: number | 'latest'): Promise<StepDocument> {
    const { run, watcher } = live;
    let found: TrackedStep | null = await this.find(live, step);
    if (found.inventory === null && found.entry.state === 'finalized') {
      await watcher.examine(found.entry.name);
      found = run.index.get(found.entry.name);
      if (found === null) throw stepNotFound(live, step);
    }
    return describeStep(run, found.entry, this.#holdings);
  }

  #find({ run }: LiveRun, step: number | 'latest'): TrackedStep | null {
    return step === 'latest' ? run.index.highest() : run.index.byStep(step);
  }

  async #refresh(live: LiveRun): Promise<void> {
    await live.watcher.refresh(live.run.record.options.pollIntervalMs);
    // It may have come back a moment ago.
    if (live.run.availability === 'unavailable') await live.watcher.scan();
    if (live.run.availability === 'unavailable') throw runUnavailable(live);
  }
}

/** Takes down now what may change before an entry's turn comes: what holds it, and where the run is. An entry itself never changes. */
function describeEach(
  { name, realPath, record }: StepOwner,
  entries: readonly StepEntry[],
  holdings: Holdings,
): Iterable<StepDocument> {
  const held = entries.map(({ generation }) => ({
    leases: generation === null ? 0 : holdings.activeLeases(name, generation),
    snapshot: generation === null ? null : holdings.snapshot(name, generation),
  }));
  return {
    *[Symbol.iterator]() {
      for (const [at, entry] of entries.entries()) {
        const { leases = 0, snapshot = null } = held[at] ?? {};
        yield describeStep({ name, realPath, record }, entry, {
          activeLeases: () => leases,
          snapshot: () => snapshot,
        });
      }
    },
  };
}

function choose(
  finalized: readonly TrackedStep[],
  all: Iterable<TrackedStep>,
  query: StepListQuery,
): readonly StepEntry[] {
  const { state, min, max, order } = query;
  const ofState =
    state === 'finalized'
      ? finalized
      : [...all].filter(({ entry }) => state === 'all' || entry.state === state);
  const chosen = ofState
    .map(({ entry }) => entry)
    .filter(({ step }) => {
      if (step === null) return min === null && max === null;
      return step >= (min ?? 0) && step <= (max ?? Number.MAX_SAFE_INTEGER);
    });
  return state === 'finalized' && order === 'asc' ? chosen : chosen.sort((a, b) => compare(a, b, order));
}

/** By step; entries without a number come last, by name, whatever the order. */
function compare(
  a: Pick<StepEntry, 'step' | 'name'>,
  b: Pick<StepEntry, 'step' | 'name'>,
  order: 'asc' | 'desc',
): number {
  if (a.step === null || b.step === null) {
    if (a.step !== b.step) return a.step === null ? 1 : -1;
  } else if (a.step !== b.step) {
    return order === 'asc' ? a.step - b.step : b.step - a.step;
  }
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function formatPage({ step, name }: StepEntry): string {
  return `${step === null ? '' : step.toString(36)}.${encodeURIComponent(name)}`;
}

/** Pages go on behind the last entry shown, whether it still exists or not. */
function startAfter(entries: readonly StepEntry[], page: string, order: 'asc' | 'desc'): number {
  const last = parseToken(page);
  const next = entries.findIndex((entry) => compare(entry, last, order) > 0);
  return next === -1 ? entries.length : next;
}

function parseToken(page: string): { step: number | null; name: string } {
  const match = /^([0-9a-z]{0,11})\.(.+)$/s.exec(page);
  if (match === null || match[1] === undefined || match[2] === undefined) throw invalidPage(page);
  try {
    return {
      step: match[1] === '' ? null : Number.parseInt(match[1], 36),
      name: decodeURIComponent(match[2]),
    };
  } catch {
    throw invalidPage(page);
  }
}
