import { STATUS_CODES } from 'node:http';
import { type EngineError, ERROR_STATUS, type ErrorCode } from '../../engine/errors.js';
import { translateError } from './foreign-error.js';

export const PROBLEM_TYPE = 'application/problem+json';

/** RFC 9457. `type` is `about:blank`, so `title` is the status's own phrase and `code` tells the problems apart. */
export interface ProblemDocument {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly request_id: string;
  readonly hint?: string;
}

export interface Problem {
  readonly status: number;
  readonly code: ErrorCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Seconds until a retry makes sense, by status. */
const RETRY_AFTER: Readonly<Record<number, string>> = { 429: '1', 503: '5' };

/** Turns whatever was thrown into the problem that the client sees. */
export function toProblem(thrown: unknown, requestId: string): Problem {
  const error = translateError(thrown);
  return describe(error, requestId, error.fields);
}

/** A token that stood in the wrong place, such as a name, is not to be shown, nor kept by whoever logs answers. */
function withoutTokens(text: string): string {
  return text.replace(/slt_[0-9A-Za-z]+/g, 'slt_…');
}

/** @param extensions more fields of the document; they cannot replace the standard ones. */
export function describe(
  error: EngineError,
  requestId: string,
  extensions: Readonly<Record<string, unknown>>,
): Problem {
  const status = ERROR_STATUS[error.code];
  const document: ProblemDocument = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: error.message,
    code: error.code,
    request_id: requestId,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  };
  const retryAfter = RETRY_AFTER[status];
  return {
    status,
    code: error.code,
    headers: {
      ...(retryAfter === undefined ? {} : { 'Retry-After': retryAfter }),
      ...(error.code === 'unauthorized' ? { 'WWW-Authenticate': 'Bearer' } : {}),
      ...(error.code === 'shutting_down' || isOfConnections(error) ? { Connection: 'close' } : {}),
    },
    body: withoutTokens(JSON.stringify({ ...extensions, ...document })),
  };
}

/** A connection beyond the limit is closed with its refusal. */
function isOfConnections({ fields }: EngineError): boolean {
  return fields['setting'] === 'max_connections' || fields['setting'] === 'max_connections_per_token';
}
