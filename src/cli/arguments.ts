import { InvalidArgumentError } from 'commander';
import { formatDuration, parseDuration } from '../config/duration.js';
import { CONSUMER_START_WORDS, type ConsumerStart } from '../engine/consumers/consumer-options.js';
import { DEFAULT_TTL_MS } from '../engine/leases/ttl.js';
import { parseJson } from './client/parse-json.js';

/*
 * How values of the command line are read. An InvalidArgumentError says the rule alone: `Verb` names the value and where it stood.
 */

const MAX_STEP = Number.MAX_SAFE_INTEGER;

/** As a user would write it. */
export const DEFAULT_TTL = formatDuration(DEFAULT_TTL_MS);

export function readStep(text: string): number {
  return readInteger(text, 0, 'a step number');
}

export function readStepOrLatest(text: string): number | 'latest' {
  return text === 'latest' ? text : readInteger(text, 0, 'a step number or "latest"');
}

export function readCount(text: string): number {
  return readInteger(text, 1, 'a whole number of at least 1');
}

/** Seconds, however the duration is written. */
export function readSeconds(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError('a duration (30, 30s, 1.5m, 2h, 250ms)');
  return ms / 1_000;
}

export function readObject(text: string): object {
  const value = parseJson(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new InvalidArgumentError('a JSON object, such as {"loss": 0.5}');
}

/** Adds one `KEY=VALUE` to those given before. */
export function collectLabel(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('KEY=VALUE');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** Where a consumer starts: a step number, or a word for one. */
export function readStart(text: string): ConsumerStart {
  const word = CONSUMER_START_WORDS.find((each) => each === text);
  return word ?? readInteger(text, 0, `a step number, or one of ${CONSUMER_START_WORDS.join(', ')}`);
}

function readInteger(text: string, minimum: number, rule: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= minimum && value <= MAX_STEP) return value;
  throw new InvalidArgumentError(rule);
}
