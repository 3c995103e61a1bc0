/**
 * The part of JSON Schema that requests are described with. Query strings, path parameters and headers are read by it
 * (`text-value.ts`), and refusals are worded from it (`rule.ts`), so that what is documented is what is checked.
 */
export interface ValueSchema {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly oneOf?: readonly ValueSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly pattern?: string;
  readonly items?: ValueSchema;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly examples?: readonly unknown[];
}

/** Marks a string that is read by `parseDuration`. */
export const DURATION_FORMAT = 'steplease-duration';

/** Marks a string that is a number within the bounds of the schema, or `latest`. */
export const STEP_FORMAT = 'steplease-step';
