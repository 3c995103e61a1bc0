import type { Identity, StepContent } from '../inspection.js';
import type { JsonObject } from '../json.js';
import { millisecondsOf } from '../units.js';
import { METRICS_ITEM } from './checkpoint-metadata.js';
import { generationOf } from './generation.js';
import { itemsOf } from './items.js';
import type { StepEntry } from './step.js';
import { namedEntry, type TrackedStep } from './tracked-step.js';

export interface FinalizedStep {
  readonly name: string;
  readonly step: number;
  /** Null where no file marks a finalized step. */
  readonly commitMarker: string | null;
  /** The generation that was changed in place, and that this one replaces. */
  readonly replaced: string | null;
}

/** A finalized step, as one look shows it. */
export function finalizedStep(
  { name, step, commitMarker, replaced }: FinalizedStep,
  identity: Identity,
  content: StepContent,
): TrackedStep {
  const base = namedEntry(name, step, 'temporary', '');
  const metadata = content.metadata?.outcome === 'read' ? content.metadata.value : null;
  const generation = generationOf(identity, metadata?.committedAtNs ?? null, replaced);
  const entry = { ...base.entry, state: 'finalized', reason: null, generation, commitMarker } as const;
  return {
    ...base,
    entry: withDetails(entry, content),
    identity,
    inventory: content.inventory,
  };
}

/** What the step's own files say, as this look shows them; metrics and sizes only where it went below the top level. */
export function withDetails(entry: StepEntry, content: StepContent): StepEntry {
  const metadata = content.metadata?.outcome === 'read' ? content.metadata.value : null;
  const items = itemsOf(metadata, content);
  const committedAtNs = metadata?.committedAtNs ?? null;
  const described: StepEntry = {
    ...entry,
    committedAt: millisecondsOf(committedAtNs),
    initAt: millisecondsOf(metadata?.initAtNs ?? null),
    items,
    metrics: items.includes(METRICS_ITEM) ? nonEmpty(metadata?.metrics) : (metadata?.metrics ?? null),
    customMetadata: metadata?.customMetadata ?? null,
    metadataTrouble: content.metadata?.outcome === 'corrupt' ? content.metadata.reason : null,
    metricsTrouble: null,
  };
  const { inventory, metrics } = content;
  if (inventory === null) return described;
  const { sizeBytes, fileCount, digest } = inventory;
  const measured = { ...described, sizeBytes, fileCount, inventoryDigest: digest };
  if (metrics === null) return measured;
  if (metrics.outcome === 'corrupt') return { ...measured, metrics: null, metricsTrouble: metrics.reason };
  return { ...measured, metrics: metrics.value };
}

/** Orbax leaves `{}` in _CHECKPOINT_METADATA when the metrics are an item of their own: they are known with the inventory. */
function nonEmpty(metrics: JsonObject | null | undefined): JsonObject | null {
  return metrics == null || Object.keys(metrics).length === 0 ? null : metrics;
}
