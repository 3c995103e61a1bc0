const PATTERN = /^(\d{1,16}(?:\.\d{1,32})?)(ms|s|m|h)?$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** No duration that a client gives may be longer: 365 days. Far above every server-side cap, far below what a timer cannot count. */
export const MAX_DURATION_SECONDS = 365 * 24 * 3_600;

/** The same as `parseDuration`'s grammar, for the OpenAPI document. */
export const DURATION_PATTERN = '^[0-9]+(\\.[0-9]+)?(ms|s|m|h)?$';

/**
 * Reads a duration as query strings carry it: `30`, `30s`, `1.5m`, `2h`, `250ms`; without a unit, seconds.
 *
 * @returns whole milliseconds, or null when the text is no such duration or is longer than 365 days.
 */
export function parseDuration(text: string): number | null {
  const match = PATTERN.exec(text);
  if (match === null) return null;
  const milliseconds = Number(match[1]) * (UNIT_MS[match[2] ?? 's'] ?? Number.NaN);
  return milliseconds <= MAX_DURATION_SECONDS * 1_000 ? Math.round(milliseconds) : null;
}

interface Bounds {
  readonly minimum: number;
  readonly maximum: number;
}

/** Bounds of the engine, in milliseconds, as JSON bodies have them. */
export function inSeconds({ minimum, maximum }: Bounds): Bounds {
  return { minimum: minimum / 1_000, maximum: maximum / 1_000 };
}

/** Seconds as JSON bodies carry them, in whole milliseconds; null when the client left the field out. */
export function toMilliseconds(seconds: number | undefined): number | null {
  return seconds === undefined ? null : Math.round(seconds * 1_000);
}
