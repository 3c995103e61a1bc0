import { ERROR_STATUS, type ErrorCode } from '../../engine/errors.js';
import type { TSchema } from '../../typebox.js';
import { PROBLEM_TYPE } from '../edge/problem.js';

/** What every call can answer. */
const ALWAYS: readonly ErrorCode[] = [
  'invalid_request',
  'origin_forbidden',
  'host_unknown',
  'internal',
  'shutting_down',
];

/** What every call with a body can answer. */
export const BODY_ERRORS: readonly ErrorCode[] = ['payload_too_large', 'unsupported_media_type'];

/** What every call can answer that waits for a step and leases it. */
export const GRANT_ERRORS: readonly ErrorCode[] = [
  ...BODY_ERRORS,
  'run_required',
  'run_not_found',
  'snapshot_failed',
  'snapshot_path_busy',
  'snapshot_dir_in_use',
  'step_gone',
  'lease_released',
  'lease_expired',
  'lease_broken',
  'lease_lost',
  'idempotency_mismatch',
  'too_many_waits',
  'too_many_leases',
  'run_unavailable',
  'overloaded',
  'insufficient_storage',
];

/** An answer with a JSON document. */
export function json(description: string, schema: TSchema, example?: unknown) {
  return {
    description,
    content: { 'application/json': { schema, ...(example === undefined ? {} : { example }) } },
  };
}

/** An answer without content. OpenAPI has no content for a schema of type null. */
export function empty(description: string) {
  return { description, type: 'null' };
}

/**
 * All answers of a call: the successful ones, and one problem response per status of the codes given and of those that every call
 * can give.
 */
export function responses(
  successes: Readonly<Record<number, object>>,
  ...codes: readonly ErrorCode[]
): Record<string, object> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of [...new Set([...ALWAYS, ...codes])].sort()) {
    const status = ERROR_STATUS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return {
    ...successes,
    ...Object.fromEntries([...byStatus].map(([status, same]) => [status, problemResponse(same)])),
  };
}

function problemResponse(codes: readonly ErrorCode[]) {
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    content: {
      [PROBLEM_TYPE]: {
        schema: {
          allOf: [{ $ref: 'Problem#' }, { type: 'object', properties: { code: { enum: [...codes] } } }],
        },
      },
    },
  };
}
