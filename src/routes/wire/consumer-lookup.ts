import { EngineError } from '../../engine/errors.js';
import { RUN_NAME_PATTERN } from './parameters.js';
import { show } from './refusal.js';

const CONSUMER_NAME = new RegExp(RUN_NAME_PATTERN);

/** Of a lookup: a name that no consumer can have is an unknown consumer, not a malformed request. */
export function lookupConsumer(name: string): string {
  if (CONSUMER_NAME.test(name)) return name;
  throw new EngineError('consumer_not_found', `there is no consumer ${show(name)}`, {
    hint: 'GET /consumers lists the consumers',
  });
}
