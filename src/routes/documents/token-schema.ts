import { SCOPES } from '../../engine/access/scope.js';
import { Type } from '../../typebox.js';
import { choice, nullable, time } from './building-blocks.js';

const FIELDS = {
  name: Type.String({ examples: ['eval-cluster'] }),
  scope: choice(SCOPES, {
    description: 'What its owner may do. `lease` includes `read`, and `admin` both.',
    examples: ['lease'],
  }),
  runs: Type.Array(Type.String(), {
    description:
      'Patterns of the names of the runs that exist for its owner: `*` is any text, `?` one character.',
    examples: [['team-a-*']],
  }),
  created_at: time('Time at which the token was made.'),
  expires_at: nullable(time('Time at which the token expires; null: never.')),
  last_used_at: nullable(time('Time of its last use, to the minute; null: it was never used.')),
};

export const TokenSchema = Type.Object(FIELDS, {
  title: 'Token',
  description: 'A token as admins see it. Its text is never shown.',
});

export const SessionSchema = Type.Object(
  {
    name: FIELDS.name,
    scope: FIELDS.scope,
    runs: FIELDS.runs,
    expires_at: time('Time at which the session ends, if nothing ends it before.'),
  },
  { title: 'Session', description: 'What a browser may do, and for how long.' },
);

export const CreatedTokenSchema = Type.Object(
  {
    token: Type.String({
      description:
        'The text of the token, which is shown this once: `slt_`, 43 characters that are secret, and 6 of a checksum.',
    }),
    ...FIELDS,
  },
  { title: 'CreatedToken', description: 'A new token with its text.' },
);
