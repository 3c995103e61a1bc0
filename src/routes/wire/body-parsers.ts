import { EngineError } from '../../engine/errors.js';
import type { HttpServer } from '../http-server-type.js';
import { refuseUnknown } from './refusal.js';

type Done = (error: Error | null, body?: unknown) => void;

/** JSON only. An empty body means `{}`, whatever its media type: `curl -d ''` sends a form's. */
export function addBodyParsers(server: HttpServer): void {
  const parseJson = server.getDefaultJsonParser('error', 'error');
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done: Done) => {
    if (body.length === 0) return done(null, {});
    parseJson(request, String(body), (error: Error | null, value?: unknown) => {
      if (error === null) done(null, value);
      else done(malformed(String(body)));
    });
  });
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done: Done) => {
    if (body.length === 0) done(null, {});
    else done(unsupportedMediaType(request.headers['content-type']));
  });
}

function malformed(body: string): EngineError {
  return new EngineError('invalid_request', `the body is not valid JSON: ${jsonFault(body)}`, {
    hint: 'send one JSON object, or no body for {}',
  });
}

function jsonFault(body: string): string {
  try {
    JSON.parse(body);
  } catch (error) {
    // V8 quotes the text around the fault, which may be long or secret: keep the position only, where it tells it.
    const position = /at position (\d+)/.exec(String(error))?.[1];
    if (position !== undefined) return `unexpected text at position ${position}`;
    return String(error).includes('end of JSON') ? 'it ends too early' : 'unexpected text';
  }
  return 'it has a forbidden key, "__proto__" or "constructor.prototype"';
}

export function unsupportedMediaType(mediaType: string | undefined): EngineError {
  const given =
    mediaType === undefined ? 'the body has no media type' : `the body is ${JSON.stringify(mediaType)}`;
  return new EngineError('unsupported_media_type', `${given}: it must be application/json`, {
    hint: "curl needs: -H 'Content-Type: application/json'",
  });
}

/** Before validation: a missing body is `{}`, as is `null`, which some generated clients send for none. A call that takes no body gets none. */
export function addBodylessCheck(server: HttpServer): void {
  server.addHook('preValidation', async (request) => {
    const { body } = request;
    if (request.routeOptions.schema?.body !== undefined) {
      request.body ??= {};
    } else if (body !== undefined) {
      const [field] = Object.keys(Object(body));
      if (field !== undefined || typeof body !== 'object')
        throw refuseUnknown('body field', field ?? 'body', []);
    }
  });
}
