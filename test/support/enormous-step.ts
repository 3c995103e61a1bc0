import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PARTS = [...'abcdefghijkl'];
const AXIS = 'x'.repeat(40_000);

/** Leaves of the answer for an enormous step. */
export const ENORMOUS_LEAVES = 2 ** (PARTS.length - 1);
/** Its answer is longer than this. */
export const ENORMOUS_BYTES = ENORMOUS_LEAVES * AXIS.length;

/** Writes a step of a few files with an answer of 80 MB: Orbax joins keys with dots, so many paths share one array, and its long sharding. */
export function writeEnormousStep(directory: string): void {
  const name = PARTS.join('.');
  const value = '{"value_type":"jax.Array","skip_deserialize":false}';
  const entries = pathsOf(PARTS).map((path, index) => {
    const keys = path.map((key) => `{"key":"${key}","key_type":2}`);
    return `"${index}":{"key_metadata":[${keys.join(',')}],"value_metadata":${value}}`;
  });
  const sharding = JSON.stringify({
    sharding_type: 'NamedSharding',
    shape: [1],
    axis_names: [AXIS],
    partition_spec: [],
  });
  mkdirSync(join(directory, name), { recursive: true });
  writeFileSync(
    join(directory, '_METADATA'),
    `{"tree_metadata":{${entries.join(',')}},"use_ocdbt":false,"use_zarr3":false}`,
  );
  writeFileSync(join(directory, '_sharding'), JSON.stringify({ [btoa(name)]: sharding }));
  writeFileSync(
    join(directory, name, '.zarray'),
    '{"zarr_format":2,"shape":[2],"chunks":[2],"dtype":"<f4","fill_value":null,"order":"C","filters":null,"compressor":null}',
  );
}

/** Every way to join neighbours. */
function pathsOf([first = '', ...rest]: readonly string[]): string[][] {
  if (rest.length === 0) return [[first]];
  return pathsOf(rest).flatMap(([next = '', ...others]) => [
    [first, next, ...others],
    [`${first}.${next}`, ...others],
  ]);
}
