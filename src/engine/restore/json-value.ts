/** A parsed JSON value. Objects are maps, so that a key such as `__proto__` is a key like any other. */
export type JsonValue = null | boolean | number | string | JsonFloat | readonly JsonValue[] | JsonObject;
export type JsonObject = ReadonlyMap<string, JsonValue>;

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return value instanceof Map;
}

export function isArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** A number written with a fraction or an exponent: `8.0` is no length, though it equals one. */
export class JsonFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** A list of whole numbers that are not negative, or null. */
export function asCounts(value: JsonValue | undefined): number[] | null {
  if (!isArray(value)) return null;
  const counts: number[] = [];
  for (const element of value) {
    if (typeof element !== 'number' || !Number.isSafeInteger(element) || element < 0) return null;
    counts.push(element);
  }
  return counts;
}

/** JSON that is already text: passed through to the answer, so that no digit of a long number is lost. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  static readonly null = new JsonText('null');
}
