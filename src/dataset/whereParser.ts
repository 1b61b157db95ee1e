// Reads the small language of `--where`: comparisons of columns joined by and, or, not. It knows the grammar only; which
// columns there are, and what a comparison means, is where.ts.
import { UserError } from "../core/errors.ts";

export type Literal = string | number | boolean;

export const COMPARISONS = ["=", "!=", "<", "<=", ">", ">="] as const;
export type Comparison = (typeof COMPARISONS)[number];

export type WhereNode =
  | { readonly kind: "and" | "or"; readonly left: WhereNode; readonly right: WhereNode }
  | { readonly kind: "not"; readonly inner: WhereNode }
  | {
      readonly kind: "compare";
      readonly column: string;
      readonly operator: Comparison;
      readonly value: Literal;
    }
  | { readonly kind: "in"; readonly column: string; readonly values: readonly Literal[] }
  | { readonly kind: "has"; readonly column: string; readonly value: Literal }
  | { readonly kind: "like"; readonly column: string; readonly pattern: string }
  | { readonly kind: "null"; readonly column: string };

/** Longest expression, and deepest nesting, that is read. */
const CHARS_MAX = 4096;
const DEPTH_MAX = 64;

interface Token {
  readonly kind: "word" | "text" | "number" | "sign" | "end";
  readonly text: string;
  /** From 1. */
  readonly at: number;
}

const TOKEN =
  /\s*(?:("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w:]))|(<=|>=|!=|[=<>()[\],])|([A-Za-z_][\w.:/@*-]*))/y;

/** The tree of an expression. Throws a UserError that says where it stops being one. */
export function parseWhere(source: string): WhereNode {
  if (source.length > CHARS_MAX)
    throw new UserError(`--where is longer than ${CHARS_MAX} characters; shorten it`);
  const tokens = tokensOf(source);
  let next = 0;
  let depth = 0;

  const peek = (): Token => tokens[next] ?? { kind: "end", text: "", at: source.length + 1 };
  const take = (): Token => {
    const token = peek();
    next++;
    return token;
  };
  const isWord = (word: string) => peek().kind === "word" && peek().text.toLowerCase() === word;
  const takeWord = (word: string): boolean => {
    if (!isWord(word)) return false;
    next++;
    return true;
  };
  const takeSign = (sign: string): boolean => {
    if (peek().kind !== "sign" || peek().text !== sign) return false;
    next++;
    return true;
  };
  const wrong = (wanted: string): never => {
    const { kind, text, at } = peek();
    const found = kind === "end" ? "it ends" : `there is ${JSON.stringify(text)}`;
    throw new UserError(
      `--where ${JSON.stringify(source)}, character ${at}: ${wanted} is expected and ${found}; an example: ` +
        `reward >= 0.5 and task_id in [ames-price, dilemma-games/7] and not truncated = true`,
    );
  };

  function either(): WhereNode {
    let left = both();
    while (takeWord("or")) left = { kind: "or", left, right: both() };
    return left;
  }

  function both(): WhereNode {
    let left = negated();
    while (takeWord("and")) left = { kind: "and", left, right: negated() };
    return left;
  }

  function negated(): WhereNode {
    if (++depth > DEPTH_MAX)
      throw new UserError(`--where is nested more than ${DEPTH_MAX} deep; make it flatter`);
    try {
      if (takeWord("not")) return { kind: "not", inner: negated() };
      if (!takeSign("(")) return condition();
      const inner = either();
      if (!takeSign(")")) wrong("`)`");
      return inner;
    } finally {
      depth--;
    }
  }

  function condition(): WhereNode {
    if (peek().kind !== "word") wrong("a column");
    const column = take().text;
    if (takeWord("is")) {
      const negate = takeWord("not");
      if (!takeWord("null")) wrong("`null`");
      const isNull: WhereNode = { kind: "null", column };
      return negate ? { kind: "not", inner: isNull } : isNull;
    }
    if (takeWord("in")) return { kind: "in", column, values: list() };
    if (takeWord("has")) return { kind: "has", column, value: literal() };
    if (takeWord("like")) return { kind: "like", column, pattern: String(literal()) };
    const operator = COMPARISONS.find((sign) => takeSign(sign));
    if (operator === undefined)
      return wrong("`=`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `has`, `like` or `is null`");
    return { kind: "compare", column, operator, value: literal() };
  }

  function list(): readonly Literal[] {
    if (!takeSign("[")) wrong("`[`");
    const values = [literal()];
    while (takeSign(",")) values.push(literal());
    if (!takeSign("]")) wrong("`,` or `]`");
    return values;
  }

  function literal(): Literal {
    const token = peek();
    switch (token.kind) {
      case "number":
        next++;
        return Number(token.text);
      case "text":
        next++;
        return token.text.slice(1, -1).replaceAll(/\\(.)/gs, "$1");
      case "word":
        next++;
        return token.text === "true" ? true : token.text === "false" ? false : token.text;
      case "sign":
      case "end":
        return wrong("a number, true, false or a text");
      default:
        return token.kind satisfies never;
    }
  }

  const tree = either();
  if (peek().kind !== "end") wrong("`and`, `or` or the end");
  return tree;
}

function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(TOKEN);
  let at = 0;
  while (source.slice(at).trim() !== "") {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found === null) {
      const from = at + (/^\s*/.exec(source.slice(at))?.[0].length ?? 0);
      throw new UserError(
        `--where ${JSON.stringify(source)}, character ${from + 1}: ${JSON.stringify(source.slice(from, from + 12))} cannot be read; ` +
          `texts with other signs than letters, digits, _ . : / @ * - stand in quotes`,
      );
    }
    const [all, quoted, number, sign, word] = found;
    const text = quoted ?? number ?? sign ?? word ?? "";
    const kind =
      quoted !== undefined ? "text" : number !== undefined ? "number" : sign !== undefined ? "sign" : "word";
    tokens.push({ kind, text, at: at + all.length - text.length + 1 });
    at += all.length;
  }
  return tokens;
}
