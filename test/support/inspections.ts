import type { Identity, Inspection, StepContent, TakenInventory } from '../../src/engine/inspection.js';
import type { CheckpointMetadata } from '../../src/engine/steps/checkpoint-metadata.js';

type Present = Extract<Inspection, { outcome: 'present' }>;

export const IDENTITY: Identity = {
  saving: 'a-rs',
  birthtimeNs: '1000',
  mtimeNs: '2000',
  ctimeNs: '9000000',
};

export function checkpointMetadata(fields: Partial<CheckpointMetadata> = {}): CheckpointMetadata {
  return {
    items: ['default'],
    metrics: null,
    initAtNs: '1000000',
    committedAtNs: '5000000',
    customMetadata: null,
    ...fields,
  };
}

export function metadata(fields: Partial<CheckpointMetadata> = {}): NonNullable<StepContent['metadata']> {
  return { outcome: 'read', value: checkpointMetadata(fields) };
}

/** An inventory of a payload that has not changed since its commit. */
export function inventory(fields: Partial<TakenInventory> = {}): TakenInventory {
  return {
    isStable: true,
    fingerprint: 'fingerprint',
    changedNs: '4000000',
    changedBelowNs: '4000000',
    payload: [],
    bytes: new SharedArrayBuffer(8),
    digest: 'digest',
    fileCount: 3,
    sizeBytes: 30,
    irregular: null,
    ...fields,
  };
}

/** A whole step as Orbax leaves it, looked at without its inventory. */
export function content(fields: Partial<StepContent> = {}): StepContent {
  return {
    empty: false,
    commitFile: true,
    hasPayload: true,
    deletion: null,
    changedNs: '4000000',
    entriesChangedNs: '4000000',
    topLevel: [
      { name: '_CHECKPOINT_METADATA', directory: false },
      { name: 'default', directory: true },
    ],
    metadata: metadata(),
    metrics: null,
    inventory: null,
    ...fields,
  };
}

export function present(what: Partial<StepContent>, fields: Partial<Present> = {}): Present {
  return {
    name: '7',
    outcome: 'present',
    identity: IDENTITY,
    change: null,
    lost: null,
    content: content(what),
    ...fields,
  };
}
