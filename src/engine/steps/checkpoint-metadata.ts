import type { JsonObject } from '../file-system.js';
export interface CheckpointMetadata {
  readonly items: readonly string[] | null;
  readonly committedAtNs: string | null;
  readonly initAtNs: string | null;
  readonly metrics: JsonObject | null;
  readonly customMetadata: JsonObject | null;
}
