import type { JsonDialect } from './json-dialect.js';
import { MAX_DEPTH, MAX_JSON_VALUES } from './limits.js';
import { type RestoreError, unreadable } from './restore-error.js';
import { type TextChunks, textChunks } from './text-chunks.js';

const WHITESPACE = /[ \t\n\r]*/y;
/** Everything but the quote, the backslash and the control characters, which JSON wants escaped. */
const PLAIN = /[ !#-[\]-\uffff]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const INTEGER = /^-?(?:0|[1-9][0-9]*)$/;
const LONE_SURROGATE = /\p{Surrogate}/u;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);
/** Distinct names that are remembered. */
const MAX_NAMES = 50_000;
/** Strings that are recognised when they come again. */
const MAX_RECENT = 16;
/** CPython refuses to convert longer integers. */
const MAX_INTEGER_DIGITS = 4300;
/** Characters that are made available before a number, a word or an escape is looked at. */
const NUMBER_LOOKAHEAD = 5000;
const WORD_LOOKAHEAD = 16;

/**
 * Pulls values out of JSON text one at a time. `JSON.parse` would build the whole tree of a 40 MB file, has no bound on
 * depth, forgets digits, and refuses the NaN that Python writes. The text is taken in pieces; what has been read of it
 * is let go.
 */
export class JsonReader {
  #text = '';
  #position = 0;
  #ended = false;
  /** Bytes of the text that has been let go. */
  #droppedBytes = 0;
  #depth = 0;
  #values = 0;
  readonly #names = new Map<string, string>();
  readonly #recent: { readonly raw: string; readonly value: string }[] = [];
  readonly #chunks: TextChunks;
  readonly #file: string;
  readonly #dialect: JsonDialect;

  constructor(text: string | TextChunks, file: string, dialect: JsonDialect) {
    this.#chunks = typeof text === 'string' ? textChunks(text) : text;
    this.#file = file;
    this.#dialect = dialect;
    this.#space();
  }

  fail(detail: string): RestoreError {
    return unreadable(
      this.#file,
      detail,
      this.#droppedBytes + byteLength(this.#text.slice(0, this.#position)),
    );
  }

  /** The first character of the next value, or `''` at the end. */
  peek(): string {
    return this.#text.charAt(this.#position);
  }

  /** Reads an object; `visit` must consume the value of the key it is given. */
  object(visit: (key: string) => void): void {
    this.#open('{', 'an object');
    if (!this.#take('}')) {
      do {
        const key = this.#rawString();
        this.#space();
        if (!this.#take(':')) throw this.fail('expected ":"');
        visit(key);
      } while (this.#take(','));
      if (!this.#take('}')) throw this.fail('expected "," or "}"');
    }
    this.#depth--;
  }

  /** Reads an array; `visit` must consume one element. */
  array(visit: (index: number) => void): void {
    this.#open('[', 'an array');
    if (!this.#take(']')) {
      let index = 0;
      do visit(index++);
      while (this.#take(','));
      if (!this.#take(']')) throw this.fail('expected "," or "]"');
    }
    this.#depth--;
  }

  string(): string {
    this.#count();
    const value = this.#rawString();
    this.#space();
    return value;
  }

  /** A string that is likely to repeat and will be kept: one copy serves all. */
  name(): string {
    const value = this.string();
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    // A slice of the text would keep all of it alive; what is put together anew does not.
    const own = ` ${value}`.slice(1);
    if (this.#names.size < MAX_NAMES) this.#names.set(own, own);
    return own;
  }

  /** A string that probably equals one of the last few: those are recognised without looking at their escapes. */
  repeatedString(): string {
    this.#count();
    for (const { raw, value } of this.#recent) {
      this.#reserve(raw.length);
      if (!this.#text.startsWith(raw, this.#position)) continue;
      this.#position += raw.length;
      this.#space();
      return value;
    }
    const [text, start] = [this.#text, this.#position];
    const value = this.#rawString();
    // Only what lies in one piece of the text can be remembered.
    if (text === this.#text) this.#recent.unshift({ raw: text.slice(start, this.#position), value });
    if (this.#recent.length > MAX_RECENT) this.#recent.pop();
    this.#space();
    return value;
  }

  boolean(): boolean {
    this.#count();
    if (this.#word('true')) return true;
    if (this.#word('false')) return false;
    throw this.fail('expected true or false');
  }

  /** Consumes `null` if it is next. */
  null(): boolean {
    if (this.peek() !== 'n') return false;
    this.#count();
    if (!this.#word('null')) throw this.fail('expected null');
    return true;
  }

  /** A whole number that is not negative and that a double holds exactly. */
  wholeNumber(): number {
    const literal = this.number();
    const value = Number(literal);
    if (!INTEGER.test(literal) || !Number.isSafeInteger(value) || literal.startsWith('-')) {
      throw this.fail(`expected a whole number, found ${literal}`);
    }
    return value;
  }

  /** The next number as it is written. */
  number(): string {
    this.#count();
    this.#reserve(NUMBER_LOOKAHEAD);
    NUMBER.lastIndex = this.#position;
    if (!NUMBER.test(this.#text)) throw this.fail('expected a value');
    const literal = this.#text.slice(this.#position, NUMBER.lastIndex);
    if (literal.length >= NUMBER_LOOKAHEAD) throw this.fail('number too long');
    if (literal.length > MAX_INTEGER_DIGITS && INTEGER.test(literal)) throw this.fail('integer too long');
    this.#position = NUMBER.lastIndex;
    this.#space();
    return literal;
  }

  /** Consumes NaN or an infinity, where the dialect has them, and names it. */
  nonFinite(): string | null {
    if (!this.#dialect.nonFinite) return null;
    for (const name of ['NaN', 'Infinity', '-Infinity']) {
      if (this.#word(name)) {
        this.#count();
        return name;
      }
    }
    return null;
  }

  /** Nothing but white space may follow. */
  end(): void {
    if (this.#position < this.#text.length) throw this.fail('extra data behind the value');
  }

  #open(bracket: string, what: string): void {
    this.#count();
    if (!this.#take(bracket)) throw this.fail(`expected ${what}`);
    if (++this.#depth > MAX_DEPTH) throw this.fail(`nested more than ${MAX_DEPTH} deep`);
  }

  #count(): void {
    if (++this.#values > MAX_JSON_VALUES) throw this.fail(`more than ${MAX_JSON_VALUES} values`);
  }

  #take(character: string): boolean {
    if (this.#text.charAt(this.#position) !== character) return false;
    this.#position++;
    this.#space();
    return true;
  }

  #word(word: string): boolean {
    this.#reserve(WORD_LOOKAHEAD);
    if (!this.#text.startsWith(word, this.#position)) return false;
    this.#position += word.length;
    this.#space();
    return true;
  }

  #space(): void {
    do {
      if (this.#text.charCodeAt(this.#position) > 0x20) return;
      WHITESPACE.lastIndex = this.#position;
      WHITESPACE.test(this.#text);
      this.#position = WHITESPACE.lastIndex;
    } while (this.#position === this.#text.length && this.#refill());
  }

  #rawString(): string {
    if (this.#text.charAt(this.#position) !== '"') throw this.fail('expected a string');
    this.#position++;
    const plain = this.#plain();
    if (this.#text.charAt(this.#position) === '"') {
      this.#position++;
      return plain;
    }
    return this.#escaped(plain);
  }

  /** Characters that stand for themselves, up to a quote, an escape or the end. */
  #plain(): string {
    let plain = this.#plainHere();
    while (this.#position === this.#text.length && this.#refill()) plain += this.#plainHere();
    return plain;
  }

  #plainHere(): string {
    const start = this.#position;
    PLAIN.lastIndex = start;
    PLAIN.test(this.#text);
    this.#position = PLAIN.lastIndex;
    return this.#text.slice(start, this.#position);
  }

  #escaped(head: string): string {
    const parts = [head];
    for (;;) {
      const character = this.#text.charAt(this.#position);
      if (character === '"') break;
      if (character !== '\\') throw this.fail(character === '' ? 'unterminated string' : 'control character');
      this.#position++;
      this.#reserve(WORD_LOOKAHEAD);
      parts.push(this.#escape(), this.#plain());
    }
    this.#position++;
    const value = parts.join('');
    if (!this.#dialect.loneSurrogates && LONE_SURROGATE.test(value))
      throw this.fail('lone surrogate in a string');
    return value;
  }

  #escape(): string {
    const letter = this.#text.charAt(this.#position);
    const simple = ESCAPES.get(letter);
    if (simple !== undefined) {
      this.#position++;
      return simple;
    }
    const digits = this.#text.slice(this.#position + 1, this.#position + 5);
    if (letter !== 'u' || !/^[0-9a-fA-F]{4}$/.test(digits)) throw this.fail('invalid escape');
    this.#position += 5;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  /** Makes that many characters available, as far as there are any. */
  #reserve(length: number): void {
    while (this.#text.length - this.#position < length && this.#refill());
  }

  /** Lets go of what has been read, and takes the next piece. */
  #refill(): boolean {
    if (this.#ended) return false;
    const chunk = this.#chunks.next();
    if (chunk === null) {
      this.#ended = true;
      return false;
    }
    this.#droppedBytes += byteLength(this.#text.slice(0, this.#position));
    this.#text = this.#text.slice(this.#position) + chunk;
    this.#position = 0;
    return true;
  }
}

const ENCODER = new TextEncoder();

function byteLength(text: string): number {
  return ENCODER.encode(text).length;
}
