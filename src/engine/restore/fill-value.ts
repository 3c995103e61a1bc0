import type { DataType } from './data-type.js';
import { isArray, JsonFloat, type JsonValue } from './json-value.js';

const FLOAT_WORDS: ReadonlySet<JsonValue> = new Set(['NaN', 'Infinity', '-Infinity']);

/** Whether TensorStore takes the value for the fill value of such an array. Its size does not matter to floats. */
export function acceptsFillValue(type: DataType, value: JsonValue): boolean {
  switch (type.kind) {
    case 'bool':
      return typeof value === 'boolean';
    case 'int':
      return isWithin(value, -(2 ** (type.bits - 1)), 2 ** (type.bits - 1) - 1);
    case 'uint':
      return isWithin(value, 0, 2 ** type.bits - 1);
    case 'float':
      return isFloat(value);
    case 'complex':
      return isArray(value) && value.length === 2 && value.every(isFloat);
  }
}

function isFloat(value: JsonValue): boolean {
  return typeof value === 'number' || value instanceof JsonFloat || FLOAT_WORDS.has(value);
}

function isWithin(value: JsonValue, low: number, high: number): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= low && value <= high;
}
