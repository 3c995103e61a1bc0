import { EngineError } from '../errors.js';

const SEND_ONE = 'send "Authorization: Bearer TOKEN"; an admin makes tokens with "steplease token create"';

export function unauthorized(detail: string): EngineError {
  return new EngineError('unauthorized', detail, { hint: SEND_ONE });
}
