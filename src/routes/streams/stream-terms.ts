import type { Interrupt } from '../../engine/signals/interrupt.js';
import type { Pace } from './pace.js';

/** What a stream of events goes by. */
export interface StreamTerms {
  readonly pace: Pace;
  /** Told of what broke the stream. */
  readonly report: (error: unknown) => void;
  /** Raised when the token of its client is revoked or expires. */
  readonly ended: Interrupt;
}
