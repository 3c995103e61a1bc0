import { validateBody } from './body-validator.js';
import {
  type ParameterSchema,
  type Validation,
  validateHeaders,
  validateParameters,
} from './text-validator.js';

interface Part {
  readonly schema: unknown;
  readonly httpPart?: string;
}

/** Fastify's validator compiler: one way of reading for JSON, another for text. */
export function compileValidator({ schema, httpPart }: Part): (given: unknown) => Validation | true {
  // Every schema of a request part is an object schema: routes are written with Type.Object.
  const parameters = schema as ParameterSchema & object;
  switch (httpPart) {
    case 'body':
      return validateBody(parameters);
    case 'headers':
      return validateHeaders(parameters);
    case 'params':
      return validateParameters('path parameter', parameters);
    default:
      return validateParameters('query parameter', parameters);
  }
}

/** Response schemas document; they neither filter nor slow down what is sent. */
export function compileSerializer(): (document: unknown) => string {
  return JSON.stringify;
}
