import assert from 'node:assert/strict';
import { Database } from '../../../src/adapters/sqlite/better-sqlite3.js';
import type { HttpClient, Json } from '../../support/http-client.js';

/** Follows the events across crashes, from one cursor to the next, and keeps account of what they tell. */
export class EventTrail {
  readonly #db: string;
  readonly #leases = new Set<string>();
  readonly #ended = new Set<string>();
  readonly #snapshots = new Set<string>();
  #cursor: string | null = null;
  #sequence = 0;

  constructor(db: string) {
    this.#db = db;
  }

  get length(): number {
    return this.#sequence;
  }

  get activeLeases(): ReadonlySet<string> {
    return new Set([...this.#leases].filter((number) => !this.#ended.has(number)));
  }

  get liveSnapshots(): ReadonlySet<string> {
    return this.#snapshots;
  }

  /** Reads on from where it was: each event once, in order, none missing, none that the database does not have. */
  async follow(http: HttpClient): Promise<void> {
    for (let more = true; more; ) {
      const after = this.#cursor === null ? '' : `&after=${this.#cursor}`;
      const page = await http.ok(http.get(`/events?limit=1000${after}`));
      this.#compare(page.items);
      for (const event of page.items) this.#account(event);
      this.#cursor = page.cursor;
      more = page.more;
    }
  }

  #compare(events: readonly Json[]): void {
    const database = new Database(this.#db, { readonly: true });
    try {
      const rows = database
        .prepare('select sequence, type, subject from events where sequence > ? order by sequence limit ?')
        .all(this.#sequence, events.length) as Json[]; // rows are plain objects
      const expected = rows.map(({ type, subject }) => `${type} ${subject}`);
      assert.deepEqual(
        events.map(({ type, subject }) => `${type} ${subject}`),
        expected,
      );
      for (const { sequence } of rows) {
        assert.equal(sequence, this.#sequence + 1, 'no gap in the sequence');
        this.#sequence = sequence;
      }
    } finally {
      database.close();
    }
  }

  #account({ type, subject, data }: Json): void {
    switch (type) {
      case 'lease.granted':
        assert.ok(!this.#leases.has(subject), `lease ${subject} is granted once`);
        this.#leases.add(subject);
        break;
      case 'lease.released':
      case 'lease.expired':
        assert.ok(this.#leases.has(subject) && !this.#ended.has(subject), `lease ${subject} ends once`);
        this.#ended.add(subject);
        break;
      case 'snapshot.created':
        assert.ok(!this.#snapshots.has(data.generation), `${data.generation} has one snapshot at a time`);
        this.#snapshots.add(data.generation);
        break;
      case 'snapshot.deleted':
        this.#snapshots.delete(data.generation);
        break;
      default:
        assert.match(type, /^(run|step)\./);
    }
  }
}
