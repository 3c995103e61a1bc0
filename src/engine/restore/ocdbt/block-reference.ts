import type { ByteReader } from './byte-reader.js';
import type { DataFile } from './data-file-table.js';

/** Where a node, or a value that is not stored in its node, lies. */
export interface BlockReference {
  readonly file: DataFile;
  readonly offset: number;
  readonly length: number;
}

/** Resolves the three columns of a reference. */
export function blockReference(
  reader: ByteReader,
  files: readonly DataFile[],
  fileIndex: number,
  offset: number,
  length: number,
): BlockReference {
  const file = files[fileIndex];
  if (file === undefined) throw reader.fail(`refers to data file ${fileIndex} of ${files.length}`);
  // The database must not point out of its own directory. Entries that nothing refers to may be empty.
  if (file.path.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    throw reader.fail(`the data file path ${JSON.stringify(file.path)} is not allowed`);
  }
  if (!Number.isSafeInteger(offset + length)) throw reader.fail('a reference is out of range');
  return { file, offset, length };
}
