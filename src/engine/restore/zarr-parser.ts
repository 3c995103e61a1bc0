import { decodeUtf8 } from './text-file.js';
import type { ZarrArray } from './zarr-array.js';
import { parseZarr } from './zarr-metadata.js';

/** Distinct texts of metadata that are kept. */
const MAX_REMEMBERED = 1000;

/** Parses the metadata of many arrays. Layers repeat, and so does their metadata: each text is parsed, and kept, once. */
export class ZarrParser {
  readonly #parsed = new Map<string, ZarrArray>();
  readonly #zarr3: boolean;

  constructor(zarr3: boolean) {
    this.#zarr3 = zarr3;
  }

  parse(bytes: Uint8Array, file: string): ZarrArray {
    const text = decodeUtf8(bytes, file);
    const before = this.#parsed.get(text);
    if (before !== undefined) return before;
    const array = parseZarr(text, this.#zarr3, file);
    if (this.#parsed.size < MAX_REMEMBERED) this.#parsed.set(text, array);
    return array;
  }
}
