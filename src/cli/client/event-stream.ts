/** One server-sent event: what the stream said under each field name. */
export interface StreamEvent {
  readonly id: string | null;
  readonly event: string | null;
  readonly data: string;
}

/**
 * Reads server-sent events as the HTML standard has them, as far as steplease sends them: `id`, `event` and `data`; comments and other
 * fields are passed over. An event that the stream breaks off in is none.
 */
export async function* readEventStream(body: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let fields = new Map<string, string>();
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines.map(withoutReturn)) {
      if (line !== '') {
        addField(fields, line);
        continue;
      }
      const data = fields.get('data');
      if (data !== undefined)
        yield { id: fields.get('id') ?? null, event: fields.get('event') ?? null, data };
      fields = new Map();
    }
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

function addField(fields: Map<string, string>, line: string): void {
  const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
  const before = fields.get(name);
  fields.set(name, name === 'data' && before !== undefined ? `${before}\n${value}` : value);
}
