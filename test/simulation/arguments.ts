import { parseArgs } from 'node:util';

export interface Arguments {
  readonly from: number;
  readonly to: number;
  /** Of virtual time, for each seed. */
  readonly hours: number;
  /** Stop at the first seed that breaks a promise. */
  readonly isFirstOnly: boolean;
}

export const DEFAULT_HOURS = 0.04;

/** @throws Error that names the value and the rule. */
export function parseArguments(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      hours: { type: 'string' },
      first: { type: 'boolean' },
    },
  });
  if (values.seed !== undefined && values.seeds !== undefined)
    throw new Error('--seed and --seeds exclude each other: give one of them');
  const [from, to] =
    values.seed === undefined ? seedsOf(values.seeds ?? '1..200') : [values.seed, values.seed];
  return {
    from: integer('--seed', from),
    to: integer('--seed', to),
    hours: values.hours === undefined ? DEFAULT_HOURS : positive('--hours', values.hours),
    isFirstOnly: values.first === true,
  };
}

function seedsOf(text: string): readonly [string, string] {
  const match = /^(\d+)\.\.(\d+)$/.exec(text);
  const [, from, to] = match ?? [];
  if (from === undefined || to === undefined)
    throw new Error(`--seeds is ${JSON.stringify(text)}: give the first and the last one, such as 1..200`);
  return [from, to];
}

function integer(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`${name} is ${JSON.stringify(text)}: give an integer of at least 0`);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`${name} is ${JSON.stringify(text)}: give a number above 0`);
}
