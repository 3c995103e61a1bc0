import { EngineError } from '../../engine/errors.js';

/** Errors of Fastify and Node that a client caused, by their code. */
const BY_CODE: Readonly<Record<string, () => EngineError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () =>
    new EngineError('payload_too_large', 'the body is larger than this server accepts', {
      hint: 'send a smaller body; only POST /restore-args takes more than 1 MiB',
    }),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    new EngineError(
      'unsupported_media_type',
      'header "Content-Type" is no media type: it must be application/json',
      {
        hint: "curl needs: -H 'Content-Type: application/json'",
      },
    ),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new EngineError('invalid_request', 'the body is not as long as header "Content-Length" says'),
  FST_ERR_BAD_URL: () =>
    new EngineError('invalid_request', 'the path is not a valid URL path: it has a broken percent-encoding'),
  FST_ERR_MAX_PARAM_LENGTH: () => new EngineError('invalid_request', 'a path segment is too long'),
  FST_ERR_NOT_FOUND: () => new EngineError('not_found', 'there is nothing at this path'),
  HPE_HEADER_OVERFLOW: () =>
    new EngineError('invalid_request', 'the request line and headers are larger than 16 KiB'),
  ERR_HTTP_REQUEST_TIMEOUT: () =>
    new EngineError('invalid_request', 'the request did not arrive whole in time'),
};

/** Gives every error a code of the catalogue. What nobody foresaw is `internal`, and its message stays inside. */
export function translateError(thrown: unknown): EngineError {
  if (thrown instanceof EngineError) return thrown;
  if (!(thrown instanceof Error)) return internal(thrown);
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  const known = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
  if (known !== undefined) return known();
  if (code.startsWith('HPE_')) {
    return new EngineError('invalid_request', `the request is not valid HTTP/1.1 (${code})`, {
      cause: thrown,
    });
  }
  return clientError(thrown) ?? internal(thrown);
}

/** Fastify and its plugins give a 4xx to every error that the client caused. Null: this is none of those. */
function clientError(error: Error): EngineError | null {
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
  if (status < 400 || status > 499) return null;
  const options = { cause: error };
  // The file server of /docs forbids what it does not look for: paths that climb, that hold a NUL, or that are too long.
  if (status === 403 || status === 404)
    return new EngineError('not_found', 'there is nothing at this path', options);
  if (status === 412 || status === 416)
    return new EngineError('invalid_request', `the headers exclude every answer: ${error.message}`, options);
  return new EngineError('invalid_request', 'the request could not be read to its end', options);
}

function internal(cause: unknown): EngineError {
  return new EngineError(
    'internal',
    'the server failed to answer; its log has the reason under this request id',
    {
      cause,
    },
  );
}
