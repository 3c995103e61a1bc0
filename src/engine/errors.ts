/**
 * Every code that a client can meet, with its HTTP status. The catalogue is closed: the contract and the OpenAPI
 * document list exactly these, and a test compares them.
 */
export const ERROR_STATUS = {
  invalid_request: 400,
  run_required: 400,
  unauthorized: 401,
  forbidden: 403,
  directory_not_allowed: 403,
  origin_forbidden: 403,
  not_found: 404,
  run_not_found: 404,
  step_not_found: 404,
  item_not_found: 404,
  lease_not_found: 404,
  consumer_not_found: 404,
  method_not_allowed: 405,
  directory_taken: 409,
  run_in_use: 409,
  snapshot_failed: 409,
  snapshot_path_busy: 409,
  snapshot_dir_in_use: 409,
  consumer_exists: 409,
  name_taken: 409,
  not_a_delivery: 409,
  cursor_expired: 410,
  step_gone: 410,
  lease_expired: 410,
  lease_released: 410,
  lease_broken: 410,
  lease_lost: 410,
  payload_too_large: 413,
  unsupported_media_type: 415,
  host_unknown: 421,
  idempotency_mismatch: 422,
  item_required: 422,
  metadata_unreadable: 422,
  unsupported_type: 422,
  too_many_waits: 429,
  too_many_leases: 429,
  too_many_requests: 429,
  limit_reached: 429,
  internal: 500,
  shutting_down: 503,
  run_unavailable: 503,
  overloaded: 503,
  insufficient_storage: 507,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

export interface EngineErrorOptions {
  /** What the caller can do next. */
  readonly hint?: string;
  /** Fields of the problem document beyond the standard ones, such as `cursor` or `errno`. */
  readonly fields?: Readonly<Record<string, string | number | boolean | null>>;
  readonly cause?: unknown;
}

/** The only error that the engine lets out on purpose; routes turn it into a problem document by its code. */
export class EngineError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;

  /** @param detail one sentence that names the value and the rule it broke. */
  constructor(code: ErrorCode, detail: string, options: EngineErrorOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'EngineError';
    this.code = code;
    this.hint = options.hint;
    this.fields = options.fields ?? {};
  }
}
