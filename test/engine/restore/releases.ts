import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredFiles } from './fixtures.js';

const RELEASES = join(import.meta.dirname, '../../../../test/fixtures/restore/releases');

/** What Orbax 0.12.8 says of an item. */
export interface ItemAnswers {
  readonly restores?: boolean;
  readonly restore_error?: string;
  /** The restore args, or what Orbax raises where there is no `_METADATA`. */
  readonly answer?: unknown;
  readonly error?: string;
}

/** What it says of a step; of one that is itself the item, in the step's own fields. */
export interface StepAnswers extends ItemAnswers {
  readonly metrics?: unknown;
  readonly items: Readonly<Record<string, ItemAnswers>>;
}

/** The root that one release of Orbax wrote, as `test/scenarios/restore/generate_releases.py` bundles it. */
export interface Release extends StoredFiles {
  readonly orbax: string;
  readonly steps: Readonly<Record<string, StepAnswers>>;
}

/** Each minor version from 0.4 on; of long series the first and the last release. */
export const RELEASE_VERSIONS: readonly string[] = [
  '0.4.1',
  '0.4.8',
  '0.5.0',
  '0.5.23',
  '0.6.4',
  '0.7.0',
  '0.8.0',
  '0.9.1',
  '0.10.3',
  '0.11.0',
  '0.11.40',
  '0.12.0',
  '0.12.8',
];

/** The versions whose roots are committed. */
export function committedReleases(): string[] {
  return readdirSync(RELEASES).map((file) => file.slice(0, -'.json'.length));
}

export function loadRelease(version: string): Release {
  return JSON.parse(readFileSync(join(RELEASES, `${version}.json`), 'utf8'));
}
