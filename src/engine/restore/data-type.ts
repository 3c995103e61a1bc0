export type DataKind = 'bool' | 'int' | 'uint' | 'float' | 'complex';

export interface DataType {
  /** NumPy's or ml_dtypes' name. */
  readonly name: string;
  readonly kind: DataKind;
  /** Bits of one element. What is smaller than a byte still takes one in storage. */
  readonly bits: number;
}

function types(kind: DataKind, bits: number, ...names: string[]): (readonly [string, DataType])[] {
  return names.map((name) => [name, { name, kind, bits }] as const);
}

/** What NumPy and ml_dtypes name and JAX can hold. */
export const DATA_TYPES: ReadonlyMap<string, DataType> = new Map([
  ...types('bool', 8, 'bool'),
  ...types('int', 2, 'int2'),
  ...types('int', 4, 'int4'),
  ...types('int', 8, 'int8'),
  ...types('int', 16, 'int16'),
  ...types('int', 32, 'int32'),
  ...types('int', 64, 'int64'),
  ...types('uint', 2, 'uint2'),
  ...types('uint', 4, 'uint4'),
  ...types('uint', 8, 'uint8'),
  ...types('uint', 16, 'uint16'),
  ...types('uint', 32, 'uint32'),
  ...types('uint', 64, 'uint64'),
  ...types('float', 4, 'float4_e2m1fn'),
  ...types('float', 6, 'float6_e2m3fn', 'float6_e3m2fn'),
  ...types(
    'float',
    8,
    'float8_e3m4',
    'float8_e4m3',
    'float8_e4m3b11fnuz',
    'float8_e4m3fn',
    'float8_e4m3fnuz',
  ),
  ...types('float', 8, 'float8_e5m2', 'float8_e5m2fnuz', 'float8_e8m0fnu'),
  ...types('float', 16, 'float16', 'bfloat16'),
  ...types('float', 32, 'float32'),
  ...types('float', 64, 'float64'),
  ...types('complex', 64, 'complex64'),
  ...types('complex', 128, 'complex128'),
]);

/** The Python type of one element: what `dtype.type(0).item()` is an instance of. */
export function pythonType(kind: DataKind): 'bool' | 'int' | 'float' | 'complex' {
  return kind === 'uint' ? 'int' : kind;
}

export function bytesPerElement(type: DataType): number {
  return Math.ceil(type.bits / 8);
}
