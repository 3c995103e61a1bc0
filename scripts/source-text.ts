/** A piece of TypeScript without its comments and literals. */
export interface BareSource {
  /** The n-th plain string literal is `"n"`; comments, templates and regular expressions are blank. */
  readonly code: string;
  readonly strings: readonly string[];
}

/** What may begin or end something that is not code. A lone quote or slash is just itself. */
const TOKEN = new RegExp(
  [
    String.raw`\/\/[^\n]*`,
    String.raw`\/\*[\s\S]*?\*\/`,
    String.raw`'(?:\\[\s\S]|[^'\\\n])*'`,
    String.raw`"(?:\\[\s\S]|[^"\\\n])*"`,
    '[`{}/]',
  ].join('|'),
  'g',
);
/** From behind a backtick, or behind the brace that ends an expression in a template, to the next of either. */
const TEMPLATE_PART = /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*(?:`|\$\{)/y;
const REGULAR_EXPRESSION = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
/** After one of these a slash begins a regular expression; after a name, a number or a closing bracket it divides. */
const BEFORE_EXPRESSION = /(?:^|[([{,;:=!&|?+\-*%<>~^}]|\b(?:return|typeof|case|in|of|await|void))\s*$/;

/**
 * Separates code from comments and literals, so that a search of the code never meets a word in a text. Templates are followed into their
 * expressions; a regular expression is known by what stands before it.
 */
export function bareSource(text: string): BareSource {
  const strings: string[] = [];
  /** For each template that we are inside of: how many braces its current expression has open. */
  const templates: number[] = [];
  let code = '';
  let at = 0;
  for (;;) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text);
    if (token === null) return { code: code + text.slice(at), strings };
    const [found] = token;
    code += text.slice(at, token.index);
    at = token.index + found.length;
    const depth = templates.at(-1);
    if (found.length > 1 && /^['"]/.test(found)) {
      code += `"${strings.push(found.slice(1, -1)) - 1}"`;
    } else if (found === '`' || (found === '}' && depth === 0)) {
      if (found === '}') templates.pop();
      const part = matchAt(TEMPLATE_PART, text, at);
      if (part.endsWith('{')) templates.push(0);
      at += part.length;
    } else if (found === '{' || found === '}') {
      if (depth !== undefined) templates[templates.length - 1] = depth + (found === '{' ? 1 : -1);
      code += found;
    } else if (found === '/') {
      const expression = BEFORE_EXPRESSION.test(code.slice(-40))
        ? matchAt(REGULAR_EXPRESSION, text, token.index)
        : '';
      code += expression === '' ? found : ' ';
      at = token.index + Math.max(1, expression.length);
    }
  }
}

function matchAt(sticky: RegExp, text: string, at: number): string {
  sticky.lastIndex = at;
  return sticky.exec(text)?.[0] ?? '';
}
