/**
 * Control characters (C0, DEL, C1), line and paragraph separators, marks that reorder text, and lone surrogates. In a name that came over the network they could
 * rewrite the screen, or make one thing look like another.
 */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A text from outside as it may be shown: what is unprintable is spelt out, on one line. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped);
}

/** JSON text with the same characters escaped. Line feeds between tokens stay: inside strings JSON has none. */
export function printableJson(json: string): string {
  return json.replace(UNPRINTABLE, (character) =>
    /[\n\r\t]/.test(character) ? character : escaped(character),
  );
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
