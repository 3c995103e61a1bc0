import type { JsonValue } from '../json.js';
import { MetadataError } from './metadata-error.js';

/** Caps on untrusted input: parsing within them takes well under a second and a few dozen megabytes. */
export const MAX_BYTES = 8 * 1024 * 1024;
export const MAX_DEPTH = 64;
export const MAX_VALUES = 500_000;
/** Python's own limit for reading an integer: Orbax cannot read a file with a longer one either. */
const MAX_INTEGER_DIGITS = 4300;

export interface PythonJson {
  readonly value: JsonValue;
  /** Exact digits of the integers that are direct members of the document, for those that a double would round. */
  readonly integers: ReadonlyMap<string, string>;
}

/**
 * Reads JSON as Python's `json` module writes it and reads it back, which is how Orbax stores metadata: like JSON.parse,
 * but `NaN`, `Infinity` and `-Infinity` are numbers. They become the strings of that spelling, as does any number beyond
 * the range of a double. Of a repeated key the last value counts; `__proto__` is a key like any other.
 *
 * The bytes may be hostile: size, depth and number of values are bounded before anything is built from them.
 * Throws MetadataError, whose sentence starts with `file`.
 */
export function parsePythonJson(file: string, bytes: Uint8Array): PythonJson {
  if (bytes.length > MAX_BYTES)
    throw new MetadataError(`${file} has ${bytes.length} bytes, more than the ${MAX_BYTES} that are read.`);
  if (bytes.length === 0) throw new MetadataError(`${file} is empty.`);
  return new Reader(file, decode(file, bytes)).document();
}

function decode(file: string, bytes: Uint8Array): string {
  try {
    // A byte order mark is kept, and so refused like in Python.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new MetadataError(`${file} is not valid UTF-8.`);
  }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const WORDS: readonly (readonly [string, JsonValue])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', 'NaN'],
  ['Infinity', 'Infinity'],
  ['-Infinity', '-Infinity'],
];

/** One pass of recursive descent; the recursion is bounded by MAX_DEPTH. */
class Reader {
  private position = 0;
  private depth = 0;
  private values = 0;
  /** Text of the value read last when it was an integer, else null. */
  private integer: string | null = null;
  private readonly integers = new Map<string, string>();
  private readonly file: string;
  private readonly text: string;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  document(): PythonJson {
    const value = this.value();
    if (this.next() !== '') throw this.unexpected();
    return { value, integers: this.integers };
  }

  private value(): JsonValue {
    if (++this.values > MAX_VALUES)
      throw new MetadataError(`${this.file} has more than ${MAX_VALUES} values.`);
    const start = this.next();
    if (start === '{') return this.nested(() => this.object());
    if (start === '[') return this.nested(() => this.array());
    return start === '"' ? this.string() : this.scalar();
  }

  private nested<T>(read: () => T): T {
    if (++this.depth > MAX_DEPTH)
      throw new MetadataError(`${this.file} is nested deeper than ${MAX_DEPTH} levels.`);
    this.position += 1;
    const value = read();
    this.depth -= 1;
    this.integer = null;
    return value;
  }

  private object(): JsonValue {
    const object: Record<string, JsonValue> = {};
    if (this.take('}')) return object;
    do {
      if (this.next() !== '"') throw this.unexpected();
      const key = this.string();
      if (!this.take(':')) throw this.unexpected();
      const value = this.value();
      if (this.depth === 1) this.rememberInteger(key);
      define(object, key, value);
    } while (this.take(','));
    if (!this.take('}')) throw this.unexpected();
    return object;
  }

  private array(): JsonValue {
    const array: JsonValue[] = [];
    if (this.take(']')) return array;
    do array.push(this.value());
    while (this.take(','));
    if (!this.take(']')) throw this.unexpected();
    return array;
  }

  private rememberInteger(key: string): void {
    if (this.integer === null) this.integers.delete(key);
    else this.integers.set(key, this.integer);
  }

  private string(): string {
    const start = this.position;
    let end = start + 1;
    let escaped = false;
    for (; ; end += 1) {
      const code = this.text.charCodeAt(end);
      if (code === 0x22) break;
      if (code === 0x5c) {
        escaped = true;
        end += 1;
      } else if (!(code >= 0x20)) {
        // A control character, or NaN: the text ends inside the string.
        this.position = end;
        throw this.unexpected();
      }
    }
    this.position = end + 1;
    this.integer = null;
    if (!escaped) return this.text.slice(start + 1, end);
    try {
      return JSON.parse(this.text.slice(start, end + 1)) as string;
    } catch {
      throw new MetadataError(`${this.file} has a malformed string at character ${start}.`);
    }
  }

  private scalar(): JsonValue {
    this.integer = null;
    for (const [word, value] of WORDS) {
      if (!this.text.startsWith(word, this.position)) continue;
      this.position += word.length;
      return value;
    }
    NUMBER.lastIndex = this.position;
    const match = NUMBER.exec(this.text);
    if (match === null) throw this.unexpected();
    const digits = match[0];
    if (match[1] === undefined && match[2] === undefined) {
      if (digits.length > MAX_INTEGER_DIGITS)
        throw new MetadataError(`${this.file} has an integer of ${digits.length} digits.`);
      this.integer = digits;
    }
    this.position += digits.length;
    const number = Number(digits);
    return Number.isFinite(number) ? number : String(number);
  }

  /** The character after white space, not taken; empty at the end. */
  private next(): string {
    while (' \t\n\r'.includes(this.text.charAt(this.position)) && this.position < this.text.length)
      this.position += 1;
    return this.text.charAt(this.position);
  }

  private take(character: string): boolean {
    if (this.next() !== character) return false;
    this.position += 1;
    return true;
  }

  private unexpected(): MetadataError {
    if (this.position >= this.text.length)
      return new MetadataError(`${this.file} is cut off after ${this.text.length} characters.`);
    const character = JSON.stringify(this.text.charAt(this.position));
    return new MetadataError(`${this.file} is not JSON: ${character} at character ${this.position}.`);
  }
}

/** Assigning to `__proto__` would change the object's prototype instead of adding a member. */
function define(object: Record<string, JsonValue>, key: string, value: JsonValue): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  else object[key] = value;
}
