import { MAX_NODE_BYTES_IN_ALL } from '../limits.js';

/** Counts the bytes of all nodes that one request decodes, so that a hostile tree cannot keep it busy for ever. */
export class NodeBudget {
  private left = MAX_NODE_BYTES_IN_ALL;

  /** @returns false once the budget is spent. */
  spend(bytes: number): boolean {
    this.left -= bytes;
    return this.left >= 0;
  }
}
