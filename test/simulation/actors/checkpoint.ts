import type { Chance } from '../chance.js';

/** Files of one saving, by path within the step: first those of the items, then Orbax's marks. */
export interface Checkpoint {
  readonly items: ReadonlyMap<string, Uint8Array>;
  /** `_CHECKPOINT_METADATA` without a commit time; null: an older Orbax wrote none. */
  readonly metadata: ((commitNs: bigint | null) => Uint8Array) | null;
}

/** @param label of the saving: no two have the same bytes anywhere. */
export function drawCheckpoint(chance: Chance, label: string): Checkpoint {
  const items = new Map<string, Uint8Array>();
  const names = chance.percent(70) ? ['state'] : ['state', 'dataset'];
  for (const name of names) {
    for (let file = 0, count = chance.between(1, 4); file < count; file++) {
      const path = chance.percent(30) ? `${name}/d/${file}` : `${name}/${file}`;
      items.set(path, fileOf(chance, `${label} ${path}`));
    }
  }
  const handlers = Object.fromEntries(names.map((name) => [name, 'handler']));
  const metadata = (commitNs: bigint | null) =>
    encode(
      `{"item_handlers": ${JSON.stringify(handlers)}, "metrics": {}, "performance_metrics": {}, ` +
        `"init_timestamp_nsecs": 1, "commit_timestamp_nsecs": ${commitNs ?? 'null'}, "custom_metadata": {"saving": "${label}"}}`,
    );
  return { items, metadata: chance.percent(80) ? metadata : null };
}

/** As long as no other: what is written in its place shows by its size. */
export function fileOf(chance: Chance, label: string): Uint8Array {
  return encode(`${label} ${'x'.repeat(chance.between(0, 200))}`);
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
