import type { JsonObject } from '../json.js';
export interface CheckpointMetadata {
  readonly items: readonly string[] | null;
  readonly committedAtNs: string | null;
  readonly initAtNs: string | null;
  readonly metrics: JsonObject | null;
  readonly customMetadata: JsonObject | null;
}
