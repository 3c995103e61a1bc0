import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { EngineError } from '../../engine/errors.js';
import { refuseMissing, refuseUnknown, refuseValue } from './refusal.js';
import type { Validation } from './text-validator.js';
import type { ValueSchema } from './value-schema.js';

/** Bodies are never coerced: JSON has types, and a client that sends "5" for 5 has a bug worth hearing of. */
const ajv = new Ajv({
  coerceTypes: false,
  useDefaults: false,
  verbose: true,
  allowUnionTypes: true,
  strict: true,
});

/** The schema is compiled for the first body: a start need not wait for what few of its requests will use. */
export function validateBody(schema: object): (body: unknown) => Validation {
  let compiled: ValidateFunction | null = null;
  return (body) => {
    compiled ??= ajv.compile(schema);
    const check = compiled;
    if (check(body)) return { value: body };
    // The last error is the outermost: of `oneOf`, the one that names all its branches.
    const error = check.errors?.at(-1);
    return { error: error === undefined ? refuseValue('body field', 'body', body, {}) : explain(error) };
  };
}

function explain(error: ErrorObject): EngineError {
  const schema = toValueSchema(error.parentSchema);
  const path = fieldPath(error.instancePath);
  switch (error.keyword) {
    case 'additionalProperties':
      return refuseUnknown(
        'body field',
        join(path, String(error.params['additionalProperty'])),
        Object.keys(schema.properties ?? {}),
      );
    case 'required':
      return refuseMissing('body field', join(path, String(error.params['missingProperty'])));
    case 'propertyNames':
      return refuseValue('body field', path, String(error.params['propertyName']), {
        type: 'string',
        maxLength: 64,
      });
    default:
      return refuseValue('body field', path === '' ? 'body' : path, error.data, schema);
  }
}

function toValueSchema(schema: unknown): ValueSchema {
  // Ajv types it as any object; every body schema is written in the vocabulary of ValueSchema.
  return (schema ?? {}) as ValueSchema;
}

/** A JSON pointer as people write it: `/step_name_formats/0/step_prefix` is `step_name_formats.0.step_prefix`. */
function fieldPath(pointer: string): string {
  return pointer.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
