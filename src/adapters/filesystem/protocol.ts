import type {
  BuildPlan,
  BuildResult,
  Claim,
  EraseResult,
  Listing,
  Located,
  MarkOrigin,
  Obstacle,
  OwnerMark,
  RetirePlan,
  RetireResult,
  Space,
} from '../../engine/file-system.js';
import type { Inspection, InspectRequest, Inventory, Vanished } from '../../engine/inspection.js';

type Listed = Extract<Listing, { outcome: 'listed' }>;
type Names = 'directories' | 'symbolicLinks' | 'others' | 'numberedFiles';

/**
 * Entry names cross between threads as one string, joined by the only character that no name has: ten thousand strings of their
 * own would hold the event loop up for longer than the listing takes.
 */
export type JoinedNames = string;

export type ListingMessage =
  | Exclude<Listing, Listed>
  | (Omit<Listed, Names> & { readonly [field in Names]: JoinedNames });

/** What a worker thread can be asked for. */
export interface Operations {
  locate(directory: string): Located;
  list(directory: string, previous: string | null): ListingMessage;
  inspect(directory: string, requests: readonly InspectRequest[]): Promise<Inspection[]>;
  space(directory: string): Space;
  claim(directory: string, owner: string, origin: MarkOrigin | null): Claim;
  owner(directory: string): string | null;
  mark(directory: string): OwnerMark | null;
  takeOver(directory: string, from: string, to: string, origin: MarkOrigin | null): boolean;
  build(plan: BuildPlan): Promise<BuildResult>;
  retire(plan: RetirePlan): RetireResult;
  erase(snapshotDirectory: string, name: string): Promise<EraseResult>;
  audit(path: string, inventory: Inventory): Promise<Vanished | null>;
  inventory(path: string): Promise<Inventory | null>;
  entries(snapshotDirectory: string): JoinedNames;
  occupied(path: string): boolean;
  linkability(step: string, inventory: Inventory, snapshotDirectory: string): Obstacle | null;
}

export type OperationName = keyof Operations;
export type Arguments<N extends OperationName> = Parameters<Operations[N]>;
export type Answer<N extends OperationName> = Awaited<ReturnType<Operations[N]>>;

export interface Request {
  readonly id: number;
  readonly name: OperationName;
  readonly args: readonly unknown[];
}

export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly code: string | null; readonly message: string } };

export function splitNames(joined: JoinedNames): readonly string[] {
  return joined === '' ? [] : joined.split('/');
}
