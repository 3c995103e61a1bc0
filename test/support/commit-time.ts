import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';

/**
 * Sets the commit time in a `_CHECKPOINT_METADATA` to the present moment, as Orbax does when everything else of a step is written. The moment is told by
 * the clock that stamps the files.
 */
export function commitNow(metadataFile: string): void {
  const metadata = readFileSync(metadataFile, 'utf8');
  utimesSync(metadataFile, 0, 0);
  const now = statSync(metadataFile, { bigint: true }).ctimeNs;
  const committed = metadata.replace(
    /("commit_timestamp_nsecs": *)\d+/,
    (_all, key: string) => `${key}${now}`,
  );
  writeFileSync(metadataFile, committed);
}
