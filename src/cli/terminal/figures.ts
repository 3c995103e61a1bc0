const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** A size for people, such as `1.5 GiB`. */
export function showBytes(bytes: number | null): string | null {
  if (bytes === null) return null;
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const amount = bytes / 1024 ** power;
  return `${power === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${UNITS[power]}`;
}

/** A time for people: to the second, in UTC. */
export function showTime(time: string | null): string | null {
  return time === null ? null : time.replace(/\.\d+Z$/, 'Z');
}

/** Seconds for people, such as `12.4 s`. */
export function showSeconds(seconds: number | null): string | null {
  return seconds === null ? null : `${Math.round(seconds * 10) / 10} s`;
}
