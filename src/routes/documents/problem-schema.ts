import { ERROR_STATUS, type ErrorCode } from '../../engine/errors.js';
import { Type } from '../../typebox.js';
import { choice } from './building-blocks.js';

// `as`: Object.keys widens the keys of a frozen table to string.
const CODES = (Object.keys(ERROR_STATUS) as ErrorCode[]).sort();

export const ProblemSchema = Type.Object(
  {
    type: Type.Literal('about:blank'),
    title: Type.String({ description: "The status's phrase.", examples: ['Not Found'] }),
    status: Type.Integer({ examples: [404] }),
    detail: Type.String({ description: 'One sentence that names the value and the rule it broke.' }),
    code: choice(CODES, { description: 'Tells the problems apart. The catalogue is closed.' }),
    request_id: Type.String({ description: 'The same as header `X-Request-Id`.' }),
    hint: Type.Optional(Type.String({ description: 'What to do next.' })),
    cursor: Type.Optional(
      Type.String({ description: 'With `cursor_expired`: the current cursor, to go on from.' }),
    ),
    errno: Type.Optional(
      Type.String({ description: 'With `snapshot_failed`: the system error.', examples: ['EXDEV'] }),
    ),
    pending: Type.Optional(
      Type.Array(Type.String(), { description: 'With `run_unavailable` from `/readyz`: what is missing.' }),
    ),
  },
  {
    $id: 'Problem',
    additionalProperties: true,
    description: 'RFC 9457. Every response that is not a success is one.',
    examples: [
      {
        type: 'about:blank',
        title: 'Bad Request',
        status: 400,
        detail: 'query parameter "until" is "1.5": it must be an integer from 0 to 9007199254740991',
        code: 'invalid_request',
        request_id: 'b0hZ2v1mQ7nXK4tS',
        hint: 'for example ?until=12000',
      },
    ],
  },
);
