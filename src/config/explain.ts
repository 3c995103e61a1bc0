import { flagOf, variableOf } from './setting.js';
import type { ResolvedSetting, SourceName } from './sources.js';

/** One setting as `steplease config explain --json` prints it. */
export interface Explanation {
  readonly name: string;
  /** As it may stand in the file; durations in seconds. */
  readonly value: unknown;
  readonly source: SourceName;
  readonly origin: string;
  readonly description: string;
  readonly flag: string;
  readonly variable: string;
}

export function explain({ setting, value, source, origin }: ResolvedSetting): Explanation {
  return {
    name: setting.name,
    value: setting.kind === 'duration' && typeof value === 'number' ? value / 1_000 : value,
    source,
    origin,
    description: setting.description,
    flag: setting.name === 'directory' ? 'DIR' : flagOf(setting),
    variable: variableOf(setting),
  };
}

export function showValue(value: unknown): string {
  if (value === null) return '(not set)';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
