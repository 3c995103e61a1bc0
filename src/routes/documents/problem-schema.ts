import { ERROR_STATUS, type ErrorCode } from '../../engine/errors.js';
import { Type } from '../../typebox.js';
import { choice } from './building-blocks.js';

// `as`: Object.keys widens the keys of a frozen table to string.
const CODES = (Object.keys(ERROR_STATUS) as ErrorCode[]).sort();

export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: 'Always `about:blank`; `code` tells problems apart.' }),
    title: Type.String({ description: 'Name of the HTTP status.', examples: ['Not Found'] }),
    status: Type.Integer({ minimum: 400, maximum: 599, examples: [404] }),
    detail: Type.String({ description: 'One sentence that names the value and the rule that it breaks.' }),
    code: choice(CODES, { description: 'Tells problems apart. The catalogue is closed.' }),
    request_id: Type.String({ description: 'The value of the header `X-Request-Id`.' }),
    hint: Type.Optional(Type.String({ description: 'The next step to take.' })),
    cursor: Type.Optional(
      Type.String({ description: 'With `cursor_expired`: the current cursor, from which to go on.' }),
    ),
    errno: Type.Optional(
      Type.String({ description: 'With `snapshot_failed`: the system error.', examples: ['EXDEV'] }),
    ),
    run: Type.Optional(
      Type.String({ description: 'With `directory_taken`: the run that has the directory.' }),
    ),
    file: Type.Optional(
      Type.String({ description: 'With `metadata_unreadable`: the file that cannot be understood.' }),
    ),
    offset: Type.Optional(
      Type.Integer({
        description: 'With `metadata_unreadable`: the byte of `file` at which reading failed.',
      }),
    ),
    setting: Type.Optional(
      Type.String({
        description: 'With a limit that is reached: the setting of the server.',
        examples: ['max_streams'],
      }),
    ),
    limit: Type.Optional(
      Type.Integer({ description: 'With a limit that is reached: its value.', examples: [1000] }),
    ),
    pending: Type.Optional(
      Type.Array(Type.String(), {
        description: 'With `run_unavailable` from `/readyz`: what the server still waits for.',
      }),
    ),
  },
  {
    title: 'Problem',
    description: 'A problem as RFC 9457 describes it. Every response that is not a success is one.',
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
