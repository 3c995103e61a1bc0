import { isArray, isObject, type JsonObject, type JsonValue } from './json-value.js';
import { MAX_DEPTH } from './limits.js';
import type { PathElement } from './order.js';
import { RestoreError } from './restore-error.js';

/** The body of a request breaks a rule; the sentence names the value and the rule. */
export function invalid(detail: string): RestoreError {
  return new RestoreError('invalid_request', detail);
}

/** An object with no members but these. `at` names it in errors, as a path into the body. */
export function objectAt(value: JsonValue | undefined, at: string, members: readonly string[]): JsonObject {
  if (!isObject(value)) throw invalid(`${at} must be an object`);
  for (const key of value.keys()) {
    if (!members.includes(key)) throw invalid(`${at} has an unknown field ${JSON.stringify(key)}`);
  }
  return value;
}

export function arrayAt(value: JsonValue | undefined, at: string): readonly JsonValue[] {
  if (!isArray(value)) throw invalid(`${at} must be an array`);
  return value;
}

export function booleanAt(value: JsonValue | undefined, at: string, absent: boolean): boolean {
  if (value === undefined) return absent;
  if (typeof value !== 'boolean') throw invalid(`${at} must be true or false`);
  return value;
}

/** Keys are strings, indices whole numbers. */
export function pathAt(value: JsonValue | undefined, at: string): PathElement[] {
  const elements = arrayAt(value, at);
  if (elements.length > MAX_DEPTH) throw invalid(`${at} has more than ${MAX_DEPTH} elements`);
  return elements.map((element) => {
    if (typeof element === 'string') return element;
    if (typeof element === 'number' && Number.isSafeInteger(element) && element >= 0) return element;
    throw invalid(`${at} may hold strings and indices only`);
  });
}
