import { EngineError } from '../../engine/errors.js';
import { ruleOf } from './rule.js';
import type { ValueSchema } from './value-schema.js';

const SHOWN_CHARACTERS = 100;

/** "query parameter", "path parameter", "header", "body field": where the refused value stood. */
export type Place = 'query parameter' | 'path parameter' | 'header' | 'body field';

/** The error for a value that breaks its rule: names the value, the rule, and shows a value that would do. */
export function refuseValue(place: Place, name: string, value: unknown, schema: ValueSchema): EngineError {
  const example = schema.examples?.[0];
  return new EngineError(
    'invalid_request',
    `${place} "${name}" is ${show(value)}: it must be ${ruleOf(schema)}`,
    {
      ...(example === undefined ? {} : { hint: `for example ${write(place, name, example)}` }),
    },
  );
}

/** A value as the client would write it there. */
function write(place: Place, name: string, value: unknown): string {
  if (place === 'body field') return `"${name}": ${JSON.stringify(value)}`;
  const text = Array.isArray(value) ? value.join() : String(value);
  if (place === 'header') return `${name}: ${text}`;
  return place === 'query parameter' ? `?${name}=${text}` : text;
}

export function refuseUnknown(place: Place, name: string, known: readonly string[]): EngineError {
  return new EngineError('invalid_request', `${place} "${clip(name)}" is not known: it must be left out`, {
    hint:
      place === 'body field' && name === 'run'
        ? 'the run goes into the query: ?run=NAME'
        : known.length === 0
          ? `this call takes no ${place}s`
          : `allowed ${place}s: ${known.join(', ')}`,
  });
}

export function refuseRepeated(place: Place, name: string): EngineError {
  return new EngineError(
    'invalid_request',
    `${place} "${name}" is given more than once: it must be given once`,
  );
}

export function refuseMissing(place: Place, name: string): EngineError {
  return new EngineError('invalid_request', `${place} "${name}" is missing: it must be given`);
}

/** Shows a refused value shortly. Lists and objects are not serialised: they may be nested deeper than the stack is. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(clip(value));
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

export function clip(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}
