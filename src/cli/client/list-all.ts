import { type Static, type TSchema, Type } from '../../typebox.js';
import type { Call, ServerClient } from './server-client.js';

/**
 * Every item of a list, page by page, within the fields of its first page.
 *
 * @param most so many items, if there are more.
 */
export async function listAll<S extends TSchema>(
  client: ServerClient,
  item: S,
  call: Call,
  most = Number.POSITIVE_INFINITY,
): Promise<{ items: Static<S>[]; next_page: string | null }> {
  const schema = Type.Object({
    items: Type.Array(item),
    next_page: Type.Union([Type.String(), Type.Null()]),
  });
  const list = await client.document(schema, call);
  for (let page = list.next_page; page !== null && list.items.length < most; page = list.next_page) {
    const next = await client.document(schema, { ...call, query: { ...call.query, page } });
    list.items.push(...next.items);
    list.next_page = next.next_page;
  }
  return { ...list, items: list.items.slice(0, most) };
}
