// Splits a bash command into its simple commands, each as the words that bash would see after quoting: a reading that is good enough to
// notice which programs are meant. It expands nothing and runs nothing (POSIX.1-2017, Shell Command Language, 2.2 to 2.10).

export interface SimpleCommand {
  /** Without assignments and redirections in front; what would be expanded stands as it is written. */
  readonly words: readonly string[];
  /** Something is there to be read: a pipe before it, a file, a here-document. */
  readonly hasInput: boolean;
}

/** Characters that are looked at. */
const CHARACTERS_MAX = 200_000;
/** Commands within commands that are looked into: substitutions, `bash -c`. */
export const NESTING_MAX = 8;
const COMMANDS_MAX = 10_000;

/** Words after which bash still expects a command. */
const BEFORE_COMMAND = new Set([
  "if",
  "then",
  "elif",
  "else",
  "do",
  "while",
  "until",
  "!",
  "{",
  "time",
  "coproc",
]);
const ENDS_WORD = new Set([" ", "\t", "\r", "\n", ";", "&", "|", "(", ")", "<", ">"]);
const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]{0,200}(?:\[[^\]]{0,200}\])?\+?=/;

/** All simple commands of a text, those in command substitutions too. Linear in the text, up to `NESTING_MAX` times over. */
export function simpleCommands(text: string, depth = 0): readonly SimpleCommand[] {
  return new Reader(text.slice(0, CHARACTERS_MAX), depth).read();
}

class Reader {
  readonly #text: string;
  readonly #depth: number;
  readonly #found: SimpleCommand[] = [];
  #at = 0;
  #words: string[] = [];
  #hasInput = false;
  /** The next word belongs to a redirection. */
  #redirects: "no" | "target" | "delimiter" = "no";
  /** Here-documents whose text begins after this line. */
  #delimiters: string[] = [];

  constructor(text: string, depth: number) {
    this.#text = text;
    this.#depth = depth;
  }

  read(): readonly SimpleCommand[] {
    while (this.#at < this.#text.length && this.#found.length < COMMANDS_MAX) this.#step();
    this.#end(false);
    return this.#found;
  }

  #step(): void {
    const char = this.#text.charAt(this.#at);
    switch (char) {
      case " ":
      case "\t":
      case "\r":
        this.#at += 1;
        return;
      case "\n":
        this.#at += 1;
        this.#end(false);
        this.#skipDocuments();
        return;
      case "#":
        this.#at = this.#find("\n", this.#at);
        return;
      case "|":
        this.#at += /^\|[|&]/.test(this.#text.slice(this.#at, this.#at + 2)) ? 2 : 1;
        this.#end(this.#text.charAt(this.#at - 1) !== "|" || this.#text.charAt(this.#at - 2) !== "|");
        return;
      case "&":
        if (this.#text.charAt(this.#at + 1) === ">") this.#redirect();
        else this.#separate();
        return;
      case "(":
        // `name ()` defines a function: the name is no program that runs.
        if (this.#words.length === 1 && this.#text.charAt(this.#at + 1) === ")") this.#words = [];
        this.#separate();
        return;
      case ";":
      case ")":
        this.#separate();
        return;
      case "<":
      case ">":
        this.#redirect();
        return;
      default:
        this.#take(this.#word());
    }
  }

  #separate(): void {
    this.#at += 1;
    this.#end(false);
  }

  #end(isPiped: boolean): void {
    if (this.#words.length > 0) this.#found.push({ words: this.#words, hasInput: this.#hasInput });
    this.#words = [];
    this.#hasInput = isPiped;
    this.#redirects = "no";
  }

  #redirect(): void {
    const operator =
      /^(?:&>>?|<<<|<<-?|<>|[<>]&|>>|>\||[<>])/.exec(this.#text.slice(this.#at, this.#at + 3))?.[0] ?? ">";
    this.#at += operator.length;
    if (operator.startsWith("<")) this.#hasInput = true;
    if (/^[<>]$/.test(operator) && this.#text.charAt(this.#at) === "(") {
      this.#at += 1;
      this.#nested(this.#closing());
      return;
    }
    this.#redirects = operator === "<<" || operator === "<<-" ? "delimiter" : "target";
  }

  #take(word: string): void {
    const { text, at } = { text: this.#text, at: this.#at };
    if (this.#redirects !== "no") {
      if (this.#redirects === "delimiter") this.#delimiters.push(word);
      this.#redirects = "no";
      return;
    }
    // The number of a redirection, as in `2>`.
    if (/^\d+$/.test(word) && (text.charAt(at) === "<" || text.charAt(at) === ">")) return;
    const isFirst = this.#words.length === 0;
    if (isFirst && (ASSIGNMENT.test(word) || BEFORE_COMMAND.has(word))) return;
    this.#words.push(word);
  }

  /** The word that begins here, quotes taken off; what is substituted is looked into, and leaves nothing. */
  #word(): string {
    let word = "";
    while (this.#at < this.#text.length) {
      const char = this.#text.charAt(this.#at);
      if (ENDS_WORD.has(char)) break;
      this.#at += 1;
      if (char === "\\") {
        const next = this.#text.charAt(this.#at);
        this.#at += 1;
        if (next !== "\n") word += next;
      } else if (char === "'") word += this.#upTo("'");
      else if (char === '"') word += this.#doubleQuoted();
      else if (char === "`") this.#backquoted();
      else if (char === "$") word += this.#dollar(false);
      else word += char;
    }
    return word;
  }

  #doubleQuoted(): string {
    let text = "";
    while (this.#at < this.#text.length) {
      const char = this.#text.charAt(this.#at);
      this.#at += 1;
      if (char === '"') break;
      if (char === "\\" && /[\\"$`\n]/.test(this.#text.charAt(this.#at))) {
        text += this.#text.charAt(this.#at);
        this.#at += 1;
      } else if (char === "`") this.#backquoted();
      else if (char === "$") text += this.#dollar(true);
      else text += char;
    }
    return text;
  }

  /** What follows a dollar sign, which is read already. */
  #dollar(inQuotes: boolean): string {
    const char = this.#text.charAt(this.#at);
    if (char === "(") {
      this.#at += 1;
      this.#nested(this.#closing());
      return "";
    }
    if (char === "{") {
      const end = this.#find("}", this.#at);
      const text = `$${this.#text.slice(this.#at, end + 1)}`;
      this.#at = end + 1;
      return text;
    }
    if (char === "'" && !inQuotes) {
      this.#at += 1;
      return this.#ansiQuoted();
    }
    if (char === '"' && !inQuotes) {
      this.#at += 1;
      return this.#doubleQuoted();
    }
    return "$";
  }

  /** `$'…'`: with the escapes by which a letter can be written as a number. */
  #ansiQuoted(): string {
    let text = "";
    while (this.#at < this.#text.length) {
      const char = this.#text.charAt(this.#at);
      this.#at += 1;
      if (char === "'") break;
      if (char !== "\\") {
        text += char;
        continue;
      }
      const code = /^(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|([0-7]{1,3}))/.exec(
        this.#text.slice(this.#at, this.#at + 5),
      );
      const [whole = this.#text.charAt(this.#at), hex, unicode, octal] = code ?? [];
      const value = hex ?? unicode;
      const number = value !== undefined ? Number.parseInt(value, 16) : Number.parseInt(octal ?? "", 8);
      text += code === null ? whole : String.fromCharCode(number);
      this.#at += whole.length;
    }
    return text;
  }

  #backquoted(): void {
    const start = this.#at;
    while (this.#at < this.#text.length && this.#text.charAt(this.#at) !== "`") {
      this.#at += this.#text.charAt(this.#at) === "\\" ? 2 : 1;
    }
    this.#nested(this.#text.slice(start, this.#at).replaceAll(/\\([\\`$])/g, "$1"));
    this.#at += 1;
  }

  /** The text up to the bracket that closes the one read last. */
  #closing(): string {
    const start = this.#at;
    for (let open = 1; this.#at < this.#text.length; this.#at++) {
      const char = this.#text.charAt(this.#at);
      if (char === "\\") this.#at += 1;
      else if (char === "'" || char === '"') this.#at = this.#find(char, this.#at + 1);
      else if (char === "(") open += 1;
      else if (char === ")") open -= 1;
      if (open === 0) break;
    }
    const text = this.#text.slice(start, this.#at);
    this.#at += 1;
    return text;
  }

  #nested(text: string): void {
    if (this.#depth < NESTING_MAX) this.#found.push(...simpleCommands(text, this.#depth + 1));
  }

  #upTo(mark: string): string {
    const end = this.#find(mark, this.#at);
    const text = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return text;
  }

  /** Position of `mark` from `from` on; the end of the text where there is none. */
  #find(mark: string, from: number): number {
    const end = this.#text.indexOf(mark, from);
    return end < 0 ? this.#text.length : end;
  }

  #skipDocuments(): void {
    for (const delimiter of this.#delimiters) {
      while (this.#at < this.#text.length) {
        const line = this.#upTo("\n");
        if (line.replace(/^\t+/, "") === delimiter) break;
      }
    }
    this.#delimiters = [];
  }
}
