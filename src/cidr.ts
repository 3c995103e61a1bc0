import { isIP } from 'node:net';

/** A range of addresses, as `BlockList` takes it. */
export interface Cidr {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** An IPv4 address as IPv6 writes it: 96 bits that are always the same stand before its own 32. */
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Reads `10.0.0.0/8`, `fd00::/8`, or a single address. Null: it is none of these. */
export function parseCidr(text: string): Cidr | null {
  const match = /^([0-9a-f:.]+)(?:\/(\d{1,3}))?$/i.exec(text);
  const [, written = '', length] = match ?? [];
  const mapped = MAPPED.exec(written)?.[1];
  const address = mapped ?? written;
  const version = isIP(address);
  if (version === 0) return null;
  const bits = version === 4 ? 32 : 128;
  const given = length === undefined ? null : Number(length);
  const prefix = given === null ? bits : mapped === undefined ? given : given - 96;
  if (prefix < 0 || prefix > bits) return null;
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}
