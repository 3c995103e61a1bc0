import type { TrackedStep } from './tracked-step.js';

/** New facts about entries; null is an entry that is gone. */
export type Findings = ReadonlyMap<string, TrackedStep | null>;
