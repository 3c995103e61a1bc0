import type { BigIntStats } from 'node:fs';
import type { Identity } from '../../engine/inspection.js';

export function identityOf(stats: BigIntStats): Identity {
  return {
    saving: `${stats.ino.toString(36)}-${stats.birthtimeNs.toString(36)}`,
    // The kernel leaves it 0 where the filesystem keeps none.
    birthtimeNs: stats.birthtimeNs > 0n ? String(stats.birthtimeNs) : null,
    mtimeNs: String(stats.mtimeNs),
    ctimeNs: String(stats.ctimeNs),
  };
}

/** Names a directory across remounts: the device number is left out, it changes. */
export function identityKey(stats: BigIntStats): string {
  return `${stats.ino}.${stats.birthtimeNs > 0n ? stats.birthtimeNs : '-'}`;
}
