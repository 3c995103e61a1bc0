import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toPythonDocuments } from '../../scripts/python-documents.js';

const ANSWERS = [
  ...[
    'ConstructedRestoreArgs',
    'ConsumerResult',
    'EventPage',
    'Lease',
    'PublicLease',
    'RestoreArgs',
    'StepConsumer',
  ],
  ...['Verification', 'Versions', 'Wait', 'WaitRecord', 'WaitSummary', 'Run'],
];

const BODY = {
  paths: { '/runs/{run}': { put: { requestBody: { content: { 'application/json': { schema: {} } } } } } },
};

/** The class of `Step`, where the other models are empty. */
function stepClass(step: object, others: object = {}): string {
  const empty = Object.fromEntries(ANSWERS.map((name) => [name, { type: 'object', properties: {} }]));
  const python = toPythonDocuments({ ...BODY, components: { schemas: { ...empty, Step: step, ...others } } });
  return python.slice(python.search(/class _?Step\(/));
}

test('required and optional fields are told apart, and descriptions come along', () => {
  const python = stepClass({
    type: 'object',
    description: 'One checkpoint.',
    required: ['step'],
    properties: { step: { type: ['integer', 'null'], description: 'Null: none.' }, note: { type: 'string' } },
  });
  assert.match(
    python,
    /^class _Step\(TypedDict\):\n {4}# None: none\.\n {4}step: int \| None\n\n\nclass Step\(_Step, total=False\):\n {4}"""One checkpoint\."""\n\n {4}note: str\n/,
  );
});

test('every kind of schema has its type', () => {
  const types: Readonly<Record<string, readonly [schema: object, python: string]>> = {
    choice: [{ enum: ['a', ''] }, 'Literal["a", ""]'],
    maybe: [{ type: ['string', 'null'], enum: ['a', null] }, 'Literal["a"] | None'],
    constant: [{ const: '1.0' }, 'Literal["1.0"]'],
    list: [{ type: 'array', items: { type: 'number' } }, 'list[float]'],
    labels: [{ type: 'object', additionalProperties: { type: 'string' } }, 'dict[str, str]'],
    free: [{ type: 'object', additionalProperties: true }, 'dict[str, Any]'],
    anything: [{}, 'Any'],
    model: [{ anyOf: [{ $ref: '#/components/schemas/Other' }, { type: 'null' }] }, 'Other | None'],
  };
  const properties = Object.fromEntries(Object.entries(types).map(([name, [schema]]) => [name, schema]));
  const python = stepClass(
    { type: 'object', required: Object.keys(types), properties },
    { Other: { type: 'object', properties: {} } },
  );
  for (const [name, [, expected]] of Object.entries(types))
    assert.ok(python.includes(`\n    ${name}: ${expected}\n`), python);
});

test('a model that is missing, and a type that has no name, are errors', () => {
  assert.throws(
    () => toPythonDocuments({ ...BODY, components: { schemas: {} } }),
    /the document has nothing at WaitSummary/,
  );
  assert.throws(
    () => stepClass({ properties: { odd: { type: 'date' } } }),
    /Python has no name for the type date/,
  );
});
