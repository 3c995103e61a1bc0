import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { HOSTILE_BODIES } from './hostile-bodies.js';
import { HOSTILE_TEXTS } from './hostile-texts.js';

export interface HostileRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: object;
}

const DOCUMENT = fileURLToPath(new URL('../../../../openapi.yaml', import.meta.url));
/** No step would come any more for the requests that wait for one. */
const LEFT_OUT = 'POST /runs/{run}/finish';

/** Every parameter of every call with every hostile text, and every call that takes a body with every hostile body. */
export function* hostileRequests(): Generator<HostileRequest> {
  const { paths }: { paths: Record<string, Record<string, Operation>> } = parse(
    readFileSync(DOCUMENT, 'utf8'),
  );
  for (const [path, operations] of Object.entries(paths)) {
    for (const [verb, { parameters = [], requestBody }] of Object.entries(operations)) {
      const method = verb.toUpperCase();
      for (const parameter of parameters) yield* withTexts(method, path, parameter);
      if (requestBody === undefined || `${method} ${path}` === LEFT_OUT) continue;
      const filled = fill(path);
      for (const body of HOSTILE_BODIES) yield { method, path: `${filled}?timeout=0`, body };
      for (const body of HOSTILE_BODIES) yield { method, path: filled, body };
    }
  }
}

function* withTexts(method: string, path: string, parameter: Parameter): Generator<HostileRequest> {
  for (const text of HOSTILE_TEXTS) {
    const encoded = encode(text);
    for (const written of new Set([encoded, encoded.replaceAll('%2F', '/').replaceAll('%2E', '.')])) {
      if (parameter.in === 'path') {
        const there = path.replace(`{${parameter.name}}`, () => written);
        yield { method, path: fill(there) };
      }
      if (parameter.in === 'query') yield { method, path: `${fill(path)}?${parameter.name}=${written}` };
    }
  }
}

/** In UTF-8, also what is not valid there: `encodeURIComponent` refuses half of a surrogate pair. */
function encode(text: string): string {
  return [...text]
    .map((part) => (/^[\ud800-\udfff]$/.test(part) ? '%ed%a0%80' : encodeURIComponent(part)))
    .join('');
}

function fill(path: string): string {
  return path
    .replace('{run}', 'default')
    .replace('{step}', '100')
    .replace('{consumer}', 'c')
    .replace('{id}', 'ls_1')
    .replace(/\{\w+\}/g, '1');
}
