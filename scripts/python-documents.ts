import { PythonTypes } from './python-types.js';
import { isObject, type Schema, stringOf } from './schema-node.js';

/** The models that calls of the Python client answer with; what they refer to comes along. */
const ANSWERS = [
  'ConstructedRestoreArgs',
  'ConsumerResult',
  'EventPage',
  'Lease',
  'PublicLease',
  'RestoreArgs',
  'Run',
  'Step',
  'StepConsumer',
  'Verification',
  'Versions',
  'Wait',
  'WaitRecord',
  'WaitSummary',
];

/** The body of `PUT /runs/{run}`, whose directory the client takes as an argument. */
const RUN_SETTINGS = {
  name: 'RunSettings',
  at: ['paths', '/runs/{run}', 'put', 'requestBody', 'content', 'application/json', 'schema'],
  without: 'directory',
  description: 'Options of a run, for `Client.put_run` and `Client.change_run`.',
};

const WIDTH = 130;

/** The models of the API as Python's TypedDicts, for the client in `clients/python`. */
export function toPythonDocuments(document: object): string {
  const models = find(document, ['components', 'schemas']);
  const types = new PythonTypes();
  const settings = find(document, RUN_SETTINGS.at);
  const { [RUN_SETTINGS.without]: _, ...rest } = propertiesOf(settings);
  const classes = new Map([
    [
      RUN_SETTINGS.name,
      classOf(
        RUN_SETTINGS.name,
        { ...settings, description: RUN_SETTINGS.description, properties: rest },
        types,
      ),
    ],
  ]);
  const aliases = new Map<string, string>();
  const wanted = [...ANSWERS, ...types.takeReferences()];
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    if (classes.has(name) || aliases.has(name)) continue;
    const model = modelOf(models, name);
    if (isObject(model['properties'])) classes.set(name, classOf(name, model, types));
    else aliases.set(name, aliasOf(name, model, types));
    wanted.push(...types.takeReferences());
  }
  const head = [
    '"""The JSON documents of the API, written from its schemas by `node dist/scripts/write-openapi.js`.',
    '',
    'A newer server may add fields.',
    '"""',
    '',
    'from __future__ import annotations',
    '',
    'from typing import Any, Literal, TypedDict, Union',
  ].join('\n');
  return `${[[head, inOrder(aliases).join('\n')].join('\n\n'), ...inOrder(classes)].join('\n\n\n')}\n`;
}

/** A model with optional fields has its required ones in a base: Python 3.10 knows no `NotRequired`. */
function classOf(name: string, model: Schema, types: PythonTypes): string {
  const required = new Set(Array.isArray(model['required']) ? model['required'] : []);
  const fields = Object.entries(propertiesOf(model)).map(([field, schema]) => ({
    isRequired: required.has(field),
    lines: [...comment(stringOf(schema['description'])), `    ${field}: ${types.of(schema)}`],
  }));
  const linesOf = (isRequired: boolean) =>
    fields.filter((field) => field.isRequired === isRequired).flatMap(({ lines }) => lines);
  const [always, sometimes] = [linesOf(true), linesOf(false)];
  const doc = docstring(stringOf(model['description']) ?? `${name}.`);
  if (sometimes.length === 0) return [`class ${name}(TypedDict):`, ...doc, ...always].join('\n');
  if (always.length === 0) return [`class ${name}(TypedDict, total=False):`, ...doc, ...sometimes].join('\n');
  const base = [`class _${name}(TypedDict):`, ...always].join('\n');
  return [base, [`class ${name}(_${name}, total=False):`, ...doc, ...sometimes].join('\n')].join('\n\n\n');
}

/** A name for something else than an object. It is evaluated when the module is loaded, hence `Union`. */
function aliasOf(name: string, model: Schema, types: PythonTypes): string {
  const alternatives = types.alternativesOf(model);
  const description = stringOf(model['description']);
  const lines = description === null ? [] : wrapped(description, '# ');
  return [...lines, `${name} = Union[${alternatives.join(', ')}]  # noqa: UP007`].join('\n');
}

function docstring(text: string): readonly string[] {
  const lines = wrapped(text.replaceAll('\\', '\\\\'), '    ');
  const [first = '', ...others] = lines;
  const opened = `    """${first.trimStart()}`;
  const fits = others.length === 0 && opened.length + 3 <= WIDTH;
  return fits ? [`${opened}"""`, ''] : [opened, ...others, '    """', ''];
}

function comment(description: string | null): readonly string[] {
  return description === null ? [] : wrapped(description, '    # ');
}

function wrapped(text: string, indent: string): readonly string[] {
  const lines: string[] = [];
  let line = indent;
  const inPython = text.replaceAll(/\bnull\b/gi, 'None');
  for (const word of inPython.split(/\s+/).filter((part) => part !== '')) {
    // Room for what opens a docstring.
    if (line !== indent && line.length + 1 + word.length > WIDTH - 6) {
      lines.push(line);
      line = indent;
    }
    line += line === indent ? word : ` ${word}`;
  }
  return [...lines, line];
}

function inOrder(definitions: ReadonlyMap<string, string>): readonly string[] {
  return [...definitions].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
}

function modelOf(models: Schema, name: string): Schema {
  return find(models, [name]);
}

function find(document: object, path: readonly string[]): Schema {
  let node: unknown = document;
  for (const key of path) node = isObject(node) ? node[key] : undefined;
  if (!isObject(node)) throw new Error(`the document has nothing at ${path.join(' ')}`);
  return node;
}

function propertiesOf(model: Schema): Readonly<Record<string, Schema>> {
  const properties = model['properties'];
  if (!isObject(properties)) return {};
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, isObject(schema) ? schema : {}]),
  );
}
