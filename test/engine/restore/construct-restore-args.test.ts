import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { constructRestoreArgs } from '../../../src/engine/restore/construct-restore-args.js';
import { restoreArgsJson } from '../../../src/engine/restore/document-json.js';
import { RestoreError, type RestoreErrorCode } from '../../../src/engine/restore/restore-error.js';
import { readTargetBody } from '../../../src/engine/restore/target-body.js';
import { bodyOf, loadTargetCases } from './fixtures.js';
import { utf8 } from './memory-files.js';

function answer(body: unknown): unknown {
  return JSON.parse(restoreArgsJson(constructRestoreArgs(bodyOf(body))));
}

function refuses(body: unknown, code: RestoreErrorCode, detail: RegExp): void {
  assert.throws(
    () => constructRestoreArgs(bodyOf(body)),
    (error) => error instanceof RestoreError && error.code === code && detail.test(error.detail),
  );
}

function refusesText(text: string, detail: RegExp): void {
  assert.throws(
    () => constructRestoreArgs(readTargetBody(utf8(text))),
    (error) => error instanceof RestoreError && error.code === 'invalid_request' && detail.test(error.detail),
  );
}

function body(leaf: object, rest: object = {}): object {
  return { target: { leaves: [{ path: ['a'], ...leaf }] }, ...rest };
}

describe("a target's restore args", () => {
  for (const { name, body, answer: expected, error } of loadTargetCases()) {
    if (error === undefined) {
      it(`${name}: equal what construct_restore_args gives`, () => assert.deepEqual(answer(body), expected));
    } else {
      it(`${name}: are refused, as by ${error.slice(0, 60)}`, () => {
        assert.throws(() => constructRestoreArgs(bodyOf(body)), RestoreError);
      });
    }
  }

  it('of a jax.Array without sharding stay ArrayRestoreArgs', () => {
    assert.deepEqual(answer(body({ kind: 'jax.Array', shape: [2], dtype: 'int8' })), {
      leaves: [
        {
          path: ['a'],
          type: 'ArrayRestoreArgs',
          restore_type: 'jax.Array',
          dtype: 'int8',
          global_shape: [2],
          sharding: null,
          strict: true,
        },
      ],
      empty: [],
      custom_metadata: null,
    });
  });

  it('leave open what a given sharding leaves open', () => {
    const sharding = {
      sharding_type: 'NamedSharding',
      shape: [2],
      axis_names: ['x'],
      partition_spec: ['x'],
    };
    const { leaves } = constructRestoreArgs(
      bodyOf(body({ kind: 'jax.Array', shape: [2], dtype: 'int8', sharding })),
    );
    const [leaf] = leaves;
    assert.deepEqual(leaf?.type === 'ArrayRestoreArgs' && leaf.sharding, sharding);
  });
});

describe('a body that breaks a rule', () => {
  const int = { kind: 'int' };
  const cases: [string, unknown, RestoreErrorCode, RegExp][] = [
    ['an unknown kind', body({ kind: 'object' }), 'unsupported_type', /"object"/],
    ['a kind named like a method', body({ kind: 'toString' }), 'unsupported_type', /"toString"/],
    ['no body', null, 'invalid_request', /body must be an object/],
    ['an unknown field', body(int, { stric: true }), 'invalid_request', /"stric"/],
    ['an unknown field of a leaf', body({ ...int, dtyp: 'x' }), 'invalid_request', /"dtyp"/],
    ['an option that is no boolean', body(int, { strict: 1 }), 'invalid_request', /strict must be/],
    [
      'an unknown dtype',
      body({ kind: 'np.ndarray', shape: [], dtype: 'float31' }),
      'invalid_request',
      /float31/,
    ],
    ['NumPy keys', body({ kind: 'np.ndarray', shape: [], dtype: 'key<fry>' }), 'invalid_request', /key<fry>/],
    ['no dtype', body({ kind: 'ShapeDtypeStruct', shape: [] }), 'invalid_request', /dtype/],
    [
      'a negative length',
      body({ kind: 'np.ndarray', shape: [-1], dtype: 'int8' }),
      'invalid_request',
      /shape/,
    ],
    [
      'a path that is no list',
      { target: { leaves: [{ path: 'a', kind: 'int' }] } },
      'invalid_request',
      /path/,
    ],
    ['no nodes', { target: { leaves: [] } }, 'invalid_request', /no nodes/],
    [
      'a leaf below a leaf',
      {
        target: {
          leaves: [
            { path: ['a'], kind: 'int' },
            { path: ['a', 'b'], kind: 'int' },
          ],
        },
      },
      'invalid_request',
      /others below/,
    ],
    [
      'keys beside indices',
      {
        target: {
          leaves: [
            { path: [0], kind: 'int' },
            { path: ['b'], kind: 'int' },
          ],
        },
      },
      'invalid_request',
      /mixed/,
    ],
    ['a gap in a list', { target: { leaves: [{ path: [1], kind: 'int' }] } }, 'invalid_request', /index 1/],
    [
      'a sharding tree with a stranger',
      body(int, {
        sharding_tree: [
          { path: ['a'], sharding: null },
          { path: ['b'], sharding: null },
        ],
      }),
      'invalid_request',
      /no leaf/,
    ],
    [
      'an unknown sharding',
      body({
        kind: 'jax.Array',
        shape: [],
        dtype: 'int8',
        sharding: { sharding_type: 'PositionalSharding' },
      }),
      'invalid_request',
      /PositionalSharding/,
    ],
  ];
  for (const [what, given, code, detail] of cases) it(`${what}: ${code}`, () => refuses(given, code, detail));

  it('nested ten thousand deep is refused without exhausting the stack', () => {
    const custom = `${'['.repeat(10_000)}1${']'.repeat(10_000)}`;
    refusesText(`{"target":{"leaves":[],"custom_metadata":${custom}}}`, /deep/);
  });

  it('that is not JSON is refused, with the place', () => {
    for (const text of ['', '{', '{"target":{},}', '{"target":NaN}', '{"target":{}} x'])
      refusesText(text, /JSON/);
  });

  it('with a key that stands twice is refused: only one of the two could count', () => {
    refusesText('{"target":{"leaves":[]},"target":{"leaves":[]}}', /twice/);
    refusesText('{"target":{"leaves":[],"leaves":[]}}', /twice/);
  });
});

it('custom metadata comes back digit by digit', () => {
  const text = '{"id":12345678901234567890,"rate":1.50}';
  const leaf = '{"path":["a"],"kind":"int"}';
  const body = readTargetBody(utf8(`{"target":{"custom_metadata":${text},"leaves":[${leaf}]}}`));
  assert.ok(restoreArgsJson(constructRestoreArgs(body)).endsWith(`"custom_metadata":${text}}`));
});
