import { Check, type Static, Type } from '../../typebox.js';
import type { HttpAnswer } from './http-answer.js';

/** The server refused, and said why in a problem document (RFC 9457). */
export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | null;
  readonly requestId: string | null;
  /** Of a `cursor_expired`: the current one. */
  readonly cursor: string | null;
  /** When asking again makes sense; null: the server did not say. */
  readonly retryAfterMs: number | null;
  /** The flag or variable whose token was sent; null: none was. */
  readonly tokenOrigin: string | null;

  constructor(problem: Static<typeof Problem>, retryAfterMs: number | null, tokenOrigin: string | null) {
    super(problem.detail);
    this.name = 'ProblemError';
    this.status = problem.status;
    this.code = problem.code;
    this.hint = problem.hint ?? null;
    this.requestId = problem.request_id ?? null;
    this.cursor = problem.cursor ?? null;
    this.retryAfterMs = retryAfterMs;
    this.tokenOrigin = tokenOrigin;
  }
}

const Problem = Type.Object({
  status: Type.Integer(),
  code: Type.String(),
  detail: Type.String(),
  hint: Type.Optional(Type.String()),
  request_id: Type.Optional(Type.String()),
  cursor: Type.Optional(Type.String()),
});

/** Null when the answer is none of steplease's. */
export function problemOf(
  answer: HttpAnswer,
  document: unknown,
  tokenOrigin: string | null,
): ProblemError | null {
  if (!Check(Problem, document)) return null;
  const seconds = Number(answer.header('retry-after') ?? Number.NaN);
  return new ProblemError(document, Number.isFinite(seconds) ? seconds * 1_000 : null, tokenOrigin);
}

/** Whether the server, or something between, will take the same request later. */
export function isPassing(error: unknown): boolean {
  if (error instanceof UnreachableError) return true;
  return error instanceof ProblemError && (error.status === 429 || error.status === 503);
}

/** Nothing answered, or the answer broke off. */
export class UnreachableError extends Error {
  constructor(server: string, cause: unknown) {
    super(`no answer from ${server}: ${reasonOf(cause)}; ${adviceFor(cause)}`, { cause });
    this.name = 'UnreachableError';
  }
}

/** Something answered, but not as steplease does. */
export class ForeignAnswerError extends Error {
  constructor(what: string, problem: string) {
    super(`${what} did not answer as steplease does: ${problem}; check --server or STEPLEASE_URL`);
    this.name = 'ForeignAnswerError';
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // The refusals of several addresses of one host come as one error with a code and no message.
  return error.message || (codeOf(error) ?? error.name);
}

/** By the code of Node or OpenSSL, some of which mean that nobody here knows the authority of the server's certificate. */
function adviceFor(error: unknown): string {
  const code = codeOf(error) ?? '';
  return /SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)/.test(code)
    ? 'name the file with the authority of its certificate in NODE_EXTRA_CA_CERTS'
    : 'start a server with "steplease serve DIR", or name another with --server or STEPLEASE_URL';
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
