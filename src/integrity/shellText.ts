// A shell command read for what it does to files: its simple commands, the words of each, where its output goes, and the programs
// that it carries within itself. Not a shell: what it cannot read it leaves out.

/** One simple command. */
export interface SimpleCommand {
  /** The words without quotes; the first is the program. */
  readonly words: readonly string[];
  /** Files that output is redirected into. */
  readonly into: readonly string[];
}

export interface ShellText {
  readonly commands: readonly SimpleCommand[];
  /** Text that the command holds as data or as a program: here-documents and quoted arguments of `-c`. */
  readonly bodies: readonly string[];
}

/** Longest command that is read, characters: what is longer is data in all but its beginning. */
const COMMAND_CHARS_MAX = 200_000;

const HERE = /<<-?\s*(['"]?)([A-Za-z_]\w*)\1([^\n]*)\n([\s\S]*?)\n[ \t]*\2[ \t]*(?=\n|$)/g;

/** Reads a command. Never throws. */
export function readShell(command: string): ShellText {
  const bodies: string[] = [];
  const text = command
    .slice(0, COMMAND_CHARS_MAX)
    .replaceAll(HERE, (_, _quote, _word, rest: string, body: string) => {
      bodies.push(body);
      return rest;
    });
  const commands: SimpleCommand[] = [];
  let words: string[] = [];
  let into: string[] = [];
  const end = () => {
    if (words.length > 0 || into.length > 0) commands.push({ words, into });
    words = [];
    into = [];
  };
  let isTarget = false;
  for (const { kind, value } of tokens(text)) {
    if (kind === "end") {
      end();
      isTarget = false;
    } else if (kind === "into") isTarget = true;
    else if (isTarget) {
      into.push(value);
      isTarget = false;
    } else {
      if (words.at(-1) === "-c" || words.at(-1) === "-e") bodies.push(value);
      words.push(value);
    }
  }
  end();
  return { commands: commands.map(withoutPrefix), bodies };
}

/** `FOO=1 sudo nohup python x.py` runs python. */
function withoutPrefix({ words, into }: SimpleCommand): SimpleCommand {
  let first = 0;
  while (first < words.length - 1 && PREFIX.test(words[first] ?? "")) first += 1;
  // `timeout 60 python`, `nice -n 5 python`: their own numbers and options.
  if (first > 0) while (first < words.length - 1 && /^-\w*$|^\d+[smh]?$/.test(words[first] ?? "")) first += 1;
  return { words: words.slice(first), into };
}
const PREFIX = /^(?:\w+=.*|sudo|nohup|time|timeout|nice|env|exec|command|stdbuf|do|then|else|\{|\(|!)$/;

interface Token {
  readonly kind: "word" | "end" | "into";
  readonly value: string;
}

const TOKEN =
  /[ \t]+|\\\n|((?:\d|&)?>{1,2}(?!&))|\d?>&\d?|<|([;\n|&]+|[()])|((?:'[^']*'|"(?:[^"\\]|\\[\s\S])*"|\\[\s\S]|[^\s;|&()<>'"\\])+)|[\s\S]/g;

function* tokens(text: string): Generator<Token> {
  for (const [, into, end, word] of text.matchAll(TOKEN)) {
    if (into !== undefined) yield { kind: "into", value: "" };
    else if (end !== undefined) yield { kind: "end", value: "" };
    else if (word !== undefined) yield { kind: "word", value: unquoted(word) };
  }
}

function unquoted(word: string): string {
  return word.replaceAll(/'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])/g, (_, single, double, escaped) => {
    if (single !== undefined) return String(single);
    if (double !== undefined) return String(double).replaceAll(/\\(["\\$`])/g, "$1");
    return String(escaped);
  });
}
