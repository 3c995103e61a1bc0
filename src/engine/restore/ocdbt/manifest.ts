import type { CheckpointSource } from '../checkpoint-files.js';
import { MAX_MANIFEST_BYTES } from '../limits.js';
import { missing, unreadable } from '../restore-error.js';
import { MANIFEST_MAGIC, openBlock } from './block.js';
import type { ByteReader } from './byte-reader.js';
import { readDataFileTable } from './data-file-table.js';
import { readVersionNodes, readVersions, type Version, type VersionNode } from './version-entries.js';

export const MANIFEST_FILE = 'manifest.ocdbt';
const NUMBERED = /^manifest\.[0-9a-f]{16}$/;
const SINGLE_KIND = 0;
const NUMBERED_KIND = 1;
const ZSTD_METHOD = 1;

/** The root of an OCDBT database. */
export interface Manifest {
  readonly file: string;
  /** Oldest first; the last one is what readers see. */
  readonly versions: readonly Version[];
  /** Where still older versions are found. */
  readonly versionNodes: readonly VersionNode[];
}

/**
 * Reads the newest manifest of the database in `directory` (`''`, or a path that ends in a slash). A manifest of the
 * numbered kind carries only the configuration; the versions are then in the highest `manifest.<16 hex digits>`.
 *
 * @returns null when there is no database.
 */
export function readManifest(source: CheckpointSource, directory: string): Manifest | null {
  const file = directory + MANIFEST_FILE;
  const first = openManifest(source, file);
  if (first === null) return null;
  const config = readConfig(first);
  if (config.kind === SINGLE_KIND) return readBody(first, file);
  if (config.kind !== NUMBERED_KIND) throw first.fail('unknown manifest kind');
  first.end();
  const newest = newestNumbered(source, directory);
  if (newest === null) throw missing(file, 'no numbered manifest exists');
  const numbered = openManifest(source, newest);
  if (numbered === null) throw missing(newest, 'vanished');
  const repeated = readConfig(numbered);
  if (repeated.uuid !== config.uuid) throw unreadable(newest, 'belongs to another database');
  return readBody(numbered, newest);
}

function openManifest(source: CheckpointSource, file: string): ByteReader | null {
  const bytes = source.files.read(file, { maxBytes: MAX_MANIFEST_BYTES });
  if (bytes === null) return null;
  return openBlock(bytes, MANIFEST_MAGIC, { file, offset: 0 }, source.codecs, MAX_MANIFEST_BYTES);
}

function readConfig(reader: ByteReader): { uuid: string; kind: number } {
  const uuid = Array.from(reader.take(16), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const kind = reader.varint();
  reader.skipVarints(2); // largest inline value, largest decoded node
  if (reader.byte() === 0) throw reader.fail('the version tree has no arity');
  const method = reader.varint();
  if (method > ZSTD_METHOD) throw reader.fail('unknown compression method');
  if (method === ZSTD_METHOD) reader.take(4); // level, used in writing only
  return { uuid, kind };
}

function readBody(reader: ByteReader, file: string): Manifest {
  const files = readDataFileTable(reader, directoryOf(file));
  const versions = readVersions(reader, files);
  const versionNodes = readVersionNodes(reader, files, null);
  reader.end();
  return { file, versions, versionNodes };
}

function directoryOf(file: string): string {
  return file.slice(0, file.lastIndexOf('/') + 1);
}

/** Sixteen hex digits sort as the numbers that they are. */
function newestNumbered(source: CheckpointSource, directory: string): string | null {
  const names = (source.files.list(directory.replace(/\/$/, '')) ?? [])
    .filter((entry) => entry.kind === 'file' && NUMBERED.test(entry.name))
    .map((entry) => entry.name)
    .sort();
  const newest = names.at(-1);
  return newest === undefined ? null : directory + newest;
}
