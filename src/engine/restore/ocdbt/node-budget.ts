import { MAX_NODE_BYTES_IN_ALL } from '../limits.js';

/** A node costs time even when it is tiny. */
const NODE_OVERHEAD_BYTES = 16 * 1024;

/** Counts the bytes of all nodes that one request decodes, so that a hostile tree cannot keep it busy for ever. */
export class NodeBudget {
  #left = MAX_NODE_BYTES_IN_ALL;

  /** @returns false once the budget is spent. */
  spend(bytes: number): boolean {
    this.#left -= bytes + NODE_OVERHEAD_BYTES;
    return this.#left >= 0;
  }
}
