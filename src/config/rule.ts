import { formatDuration } from './duration.js';
import type { Setting } from './setting.js';

/** What a setting's value must be, in words that complete "… is not": made from the schema, so the two cannot part. */
export function ruleOf(setting: Setting): string {
  // A TypeBox schema is a JSON Schema object; these are the keywords that settings use.
  const schema = setting.schema as { minimum?: number; maximum?: number; enum?: readonly string[] };
  switch (setting.kind) {
    case 'integer':
      return `an integer${range(schema.minimum, schema.maximum, String)}`;
    case 'duration':
      return `a duration (30, 30s, 1.5m, 2h, 7d, 250ms)${range(schema.minimum, schema.maximum, formatDuration)}`;
    case 'boolean':
      return 'true or false';
    case 'path':
      return 'a path';
    case 'paths':
      return 'a list of paths';
    case 'runs':
      return 'a list of NAME=DIR';
    case 'texts':
      return `a list of ${setting.name.replaceAll('_', ' ')}s`;
    case 'text':
      return schema.enum === undefined
        ? 'a text'
        : `one of ${schema.enum.map((value) => value || '"" (empty)').join(', ')}`;
  }
}

function range(
  minimum: number | undefined,
  maximum: number | undefined,
  show: (n: number) => string,
): string {
  const from = minimum ?? 0;
  return maximum === undefined ? ` of at least ${show(from)}` : ` from ${show(from)} to ${show(maximum)}`;
}
