/** Scanners for secrets know tokens by it. */
const PREFIX = 'slt_';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const BASE = BigInt(ALPHABET.length);
/** Enough for 256 bits, and for the 32 of the checksum. */
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;
export const SECRET_BYTES = 32;

const FORM = new RegExp(`^${PREFIX}[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}$`);

/** The text of a token: the prefix, 256 random bits and a checksum of both, in base 62. */
export function tokenText(secret: Uint8Array): string {
  const body = PREFIX + inBase62(numberOf(secret), SECRET_LENGTH);
  return body + checksum(body);
}

/** Whether a text can be a token at all. A typing error shows in the checksum; whether somebody has the token is another question. */
export function isTokenText(text: string): boolean {
  if (!FORM.test(text)) return false;
  const end = text.length - CHECKSUM_LENGTH;
  return checksum(text.slice(0, end)) === text.slice(end);
}

function checksum(text: string): string {
  return inBase62(BigInt(crc32(text)), CHECKSUM_LENGTH);
}

function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

function inBase62(number: bigint, length: number): string {
  let text = '';
  for (let rest = number; text.length < length; rest /= BASE)
    text = ALPHABET.charAt(Number(rest % BASE)) + text;
  return text;
}

/** CRC-32 as zlib and PNG have it (ISO 3309), of ASCII. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i += 1) {
    crc ^= text.charCodeAt(i);
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
