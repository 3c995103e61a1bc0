import type { CheckpointFiles } from './checkpoint-files.js';
import { MAX_DEPTH, MAX_JSON_VALUES, MAX_NODES } from './limits.js';
import { MsgpackReader } from './msgpack-reader.js';
import { parameterName } from './tree-entry.js';

/** What Orbax called the file of a tree's structure until 0.5, as flax did before it. Small values stood in it, too. */
export const MSGPACK_FILE = 'checkpoint';

/** A leaf that is kept elsewhere is a text that begins like this. */
const PLACEHOLDER = /^(PLACEHOLDER|AGGREGATED):\/\//;
const LONGEST_PREFIX = 'PLACEHOLDER://'.length;
/** An array, a complex number, a NumPy scalar. */
const OPAQUE_EXTENSIONS: ReadonlySet<number> = new Set([1, 2, 3]);
/** Its contents are a list. */
const TUPLE_EXTENSION = 4;

/** The names of a tree's leaves, by where their values are. Empty containers and None are no leaves. */
export interface MsgpackStructure {
  readonly inArrays: ReadonlySet<string>;
  readonly inline: ReadonlySet<string>;
}

/** The directory of an array may have the same name. */
export function hasMsgpackFile(files: CheckpointFiles): boolean {
  const entries = files.list('') ?? [];
  return entries.some(({ name, kind }) => name === MSGPACK_FILE && kind !== 'directory');
}

/** Null when there is no such file. */
export function readMsgpackStructure(files: CheckpointFiles): MsgpackStructure | null {
  const size = hasMsgpackFile(files) ? files.size(MSGPACK_FILE) : null;
  if (size === null) return null;
  const reader = new MsgpackReader(files, MSGPACK_FILE, size);
  const walk = new Walk(reader);
  walk.value();
  reader.end();
  return walk;
}

class Walk implements MsgpackStructure {
  readonly inArrays = new Set<string>();
  readonly inline = new Set<string>();
  readonly #reader: MsgpackReader;
  readonly #path: (string | number)[] = [];
  #values = 0;

  constructor(reader: MsgpackReader) {
    this.#reader = reader;
  }

  value(): void {
    const reader = this.#reader;
    if (++this.#values > MAX_JSON_VALUES) throw reader.fail(`more than ${MAX_JSON_VALUES} values`);
    const token = reader.token();
    switch (token.kind) {
      case 'map':
        for (let i = 0; i < token.count; i++) this.#below(this.#key());
        return;
      case 'array':
        for (let i = 0; i < token.count; i++) this.#below(i);
        return;
      case 'text': {
        const start = reader.prefix(token.length, LONGEST_PREFIX);
        this.#leaf(PLACEHOLDER.test(start) ? this.inArrays : this.inline);
        return;
      }
      case 'extension':
        if (token.type === TUPLE_EXTENSION) {
          this.value();
          return;
        }
        if (!OPAQUE_EXTENSIONS.has(token.type)) throw reader.fail(`unknown extension ${token.type}`);
        reader.skip(token.length);
        this.#leaf(this.inline);
        return;
      case 'scalar':
        this.#leaf(this.inline);
        return;
      case 'nil':
        return;
    }
  }

  #key(): string {
    const token = this.#reader.token();
    if (token.kind !== 'text') throw this.#reader.fail('a key that is no text');
    return this.#reader.text(token.length);
  }

  #below(element: string | number): void {
    if (this.#path.length >= MAX_DEPTH) throw this.#reader.fail(`a path of more than ${MAX_DEPTH} keys`);
    this.#path.push(element);
    this.value();
    this.#path.pop();
  }

  #leaf(names: Set<string>): void {
    names.add(parameterName(this.#path));
    if (names.size > MAX_NODES) throw this.#reader.fail(`more than ${MAX_NODES} leaves`);
  }
}
