import { type Kysely, sql } from '../src/kysely.js';

interface StoredRun {
  readonly name: string;
  readonly options_json: string;
}

interface StoredOptions {
  readonly stepNameFormats: readonly {
    readonly prefix: string | null;
    readonly fixedLength: number | null;
  }[];
  readonly commitMode: string;
}

/** Gives stored runs the options that are new: step separator, commit marker and settle time, with their defaults. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<StoredRun>`select name, options_json from runs`.execute(db);
  for (const { name, options_json } of rows) {
    // The column was written as the JSON of a run's options, and by nobody else.
    const { stepNameFormats, commitMode, ...others } = JSON.parse(options_json) as StoredOptions;
    const complete = {
      stepNameFormats: stepNameFormats.map(({ prefix, fixedLength }) => ({
        prefix,
        separator: '_',
        fixedLength,
      })),
      commitMode,
      commitMarker: 'commit_success.txt',
      settleMs: 5_000,
      ...others,
    };
    await sql`update runs set options_json = ${JSON.stringify(complete)} where name = ${name}`.execute(db);
  }
}
