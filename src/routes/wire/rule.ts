import { DURATION_FORMAT, STEP_FORMAT, type ValueSchema } from './value-schema.js';

/** Words the schema as the end of the sentence "it must be …". */
export function ruleOf(schema: ValueSchema): string {
  if (schema.oneOf !== undefined) return schema.oneOf.map(ruleOf).join(' or ');
  if (typeof schema.type === 'object') {
    return schema.type.map((type) => (type === 'null' ? 'null' : ruleOf({ ...schema, type }))).join(' or ');
  }
  if (schema.format === DURATION_FORMAT) {
    return 'a duration such as 30, 30s, 1.5m, 2h or 250ms, of at most 365 days';
  }
  if (schema.format === STEP_FORMAT) return `an integer${range(schema.minimum, schema.maximum)} or "latest"`;
  if (schema.enum !== undefined) {
    const values = schema.enum.map((value) => JSON.stringify(value)).join(', ');
    return schema.enum.length === 1 ? values : `one of ${values}`;
  }
  switch (schema.type) {
    case 'integer':
      return `an integer${range(schema.minimum, schema.maximum)}`;
    case 'number':
      return `a number${range(schema.minimum, schema.maximum)}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return listRule(schema);
    case 'object':
      return schema.maxProperties === undefined
        ? 'a JSON object'
        : `a JSON object with at most ${schema.maxProperties} fields`;
    default:
      return `a string${length(schema)}${schema.pattern === undefined ? '' : ` that matches ${schema.pattern}`}`;
  }
}

function listRule(schema: ValueSchema): string {
  // Lists of choices come in query strings only, where commas separate them.
  return schema.items?.enum === undefined
    ? `a list of ${schema.minItems ?? 0} to ${schema.maxItems ?? 'any number of'} items`
    : `a comma-separated list, each item ${ruleOf(schema.items)}`;
}

function range(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maximum === undefined ? '' : ` of at most ${maximum}`;
}

function length({ minLength, maxLength }: ValueSchema): string {
  if (maxLength === undefined) return minLength === undefined ? '' : ` of at least ${minLength} characters`;
  return minLength === undefined
    ? ` of at most ${maxLength} characters`
    : ` of ${minLength} to ${maxLength} characters`;
}
