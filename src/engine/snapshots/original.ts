import type { Identity, Inventory } from '../file-system.js';
import type { StepEntry } from '../steps/step.js';

/** A step as it was discovered: what a snapshot of it must equal. */
export interface Original {
  readonly entry: StepEntry & { readonly step: number; readonly generation: string };
  readonly identity: Identity;
  readonly inventory: Inventory;
}
