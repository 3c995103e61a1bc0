import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import type { Scope } from '../../../src/engine/access/scope.js';

export interface Schema {
  readonly $ref?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly examples?: readonly unknown[];
}

interface Media {
  readonly schema: Schema;
  readonly example?: unknown;
}

export interface Parameter {
  readonly in: 'path' | 'query' | 'header';
  readonly name: string;
  readonly required: boolean;
  readonly example?: unknown;
}

interface Response {
  readonly content?: Readonly<Record<string, Media>>;
}

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly 'x-required-scope': 'none' | Scope;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: { readonly 'application/json': Media } };
  readonly responses: Readonly<Record<string, Response>>;
}

/** `openapi.yaml`, as a client reads it. Tests run from the project's root. */
export class ApiDescription {
  readonly operations: readonly Operation[];
  readonly #schemas: Readonly<Record<string, Schema>>;
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false });

  private constructor(document: {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
    readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  }) {
    this.operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ ...operation, method, path })),
    );
    this.#schemas = document.components.schemas;
    this.#ajv.addSchema(document, 'openapi');
  }

  static async read(): Promise<ApiDescription> {
    return new ApiDescription(parse(await readFile('openapi.yaml', 'utf8')));
  }

  /** The bodies that the operation has as examples: the whole one, and one for each example of a field. */
  bodies({ requestBody }: Operation): readonly Readonly<Record<string, unknown>>[] {
    if (requestBody === undefined) return [{}];
    const { schema } = requestBody.content['application/json'];
    const { required = [], properties = {}, examples = [] } = this.#resolve(schema);
    const fields = Object.entries(properties).flatMap(([name, field]) =>
      (this.#resolve(field).examples ?? []).map((value) => [name, value] as const),
    );
    const needed = Object.fromEntries(fields.filter(([name]) => required.includes(name)));
    const single = fields.map(([name, value]) => ({ ...needed, [name]: value }));
    return [...examples.map((example) => Object(example)), ...single, ...(required.length === 0 ? [{}] : [])];
  }

  /** What of the answer the operation's description does not allow; null when everything is as described. */
  faults(operation: Operation, status: number, body: unknown): string | null {
    const response = operation.responses[status];
    if (response === undefined) return `status ${status} is not described`;
    const media = response.content?.['application/json'];
    if (media === undefined) return null;
    const name = media.schema.$ref ?? '';
    const isValid = this.#ajv.validate({ $ref: `openapi${name}` }, body);
    return isValid ? null : this.#ajv.errorsText();
  }

  #resolve(schema: Schema): Schema {
    const name = schema.$ref?.slice('#/components/schemas/'.length);
    return name === undefined ? schema : (this.#schemas[name] ?? {});
  }
}
