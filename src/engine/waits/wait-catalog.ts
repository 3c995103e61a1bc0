import type { RunGlobs } from '../access/run-globs.js';
import type { ListDocument, WaitRecordDocument, WaitSummaryDocument } from '../documents.js';
import type { PageQuery } from '../engine.js';
import { parsePage } from '../pages.js';
import type { WaitReader } from '../store.js';
import { describeSummary, describeWait } from './wait-document.js';
import type { WaitRecorder } from './wait-recorder.js';

/** Shows the waits that ended, as soon as they have. */
export class WaitCatalog {
  readonly #waits: WaitReader;
  readonly #recorder: WaitRecorder;

  constructor(waits: WaitReader, recorder: WaitRecorder) {
    this.#waits = waits;
    this.#recorder = recorder;
  }

  async list(runs: RunGlobs, { limit, page }: PageQuery): Promise<ListDocument<WaitRecordDocument>> {
    await this.#recorder.settled();
    const before = page === null ? null : parsePage(page);
    const { waits, next } = await this.#waits.page({ runs, before, limit });
    return { items: waits.map(describeWait), next_page: next === null ? null : next.toString(36) };
  }

  async summary(runs: RunGlobs): Promise<WaitSummaryDocument> {
    await this.#recorder.settled();
    return describeSummary(await this.#waits.summary(runs));
  }
}
