import { ERROR_STATUS, type ErrorCode } from '../../engine/errors.js';
import type { TSchema } from '../../typebox.js';
import { ProblemSchema } from '../documents/problem-schema.js';
import { PROBLEM_TYPE } from '../edge/problem.js';

/** Problems of every call. */
const ALWAYS: readonly ErrorCode[] = [
  'invalid_request',
  'unauthorized',
  'forbidden',
  'origin_forbidden',
  'host_unknown',
  'internal',
  'overloaded',
  'shutting_down',
  'too_many_requests',
];

/** Problems of every call with a body. */
export const BODY_ERRORS: readonly ErrorCode[] = ['payload_too_large', 'unsupported_media_type'];

/** Problems of every call that waits for a step and leases it. */
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
 * All answers of a call: the successful ones, one problem response per status of the codes given and of those that every call can
 * give, and one for every other status.
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
  const named = [...byStatus].map(([status, same]) => [
    status,
    problem(same.map((code) => `\`${code}\``).join(', ')),
  ]);
  return { ...successes, ...Object.fromEntries(named), default: problem('Any other problem.') };
}

function problem(description: string) {
  return { description, content: { [PROBLEM_TYPE]: { schema: ProblemSchema } } };
}
