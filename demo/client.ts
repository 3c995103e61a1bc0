/** As much of the HTTP interface as the demo needs; any language with HTTP and JSON can do the same. */
export async function call(
  url: string,
  method: string,
  path: string,
  body?: object,
  signal?: AbortSignal,
): Promise<unknown> {
  const response = await fetch(url + path, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? null : JSON.parse(text);
}

export interface Wait {
  readonly satisfied: boolean;
  readonly step: number;
  readonly reason: string;
  readonly cursor: string;
}

export interface Lease extends Partial<Wait> {
  readonly id: string;
  readonly number: number;
  readonly step: number;
  readonly path: string;
}
