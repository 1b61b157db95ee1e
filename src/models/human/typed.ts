// Whether what a person has typed so far is a whole command, or what it still waits for: as a shell asks on until quotes are closed.

/** Lines of one command, or of the thoughts before it. */
export const LINES_MAX = 5_000;

/** A line that is kept as a thought and not run: a comment, as bash has them. */
export function isThought(line: string): boolean {
  return /^\s*#/.test(line);
}

/**
 * What the lines still wait for, in words; null where they are a whole command. Tools with an end mark wait for it alone on a line; any
 * other command is read as bash would, as far as quotes, here-documents and trailing backslashes go. What this misjudges bash refuses.
 */
export function openEnd(lines: readonly string[], endMarkers: ReadonlyMap<string, string>): string | null {
  const tool = /^\s*(\S+)/.exec(lines[0] ?? "")?.[1] ?? "";
  const marker = endMarkers.get(tool);
  if (marker !== undefined) {
    return lines.slice(1).some((line) => line.trim() === marker) ? null : `\`${marker}\` alone on a line`;
  }
  return openShell(lines);
}

function openShell(lines: readonly string[]): string | null {
  const waiting: Heredoc[] = [];
  let quote: string | null = null;
  let goesOn = false;
  for (const line of lines) {
    const [heredoc] = waiting;
    if (heredoc !== undefined) {
      if ((heredoc.isIndented ? line.replace(/^\t+/, "") : line) === heredoc.word) waiting.shift();
      continue;
    }
    const scanned = scanLine(line, quote);
    quote = scanned.quote;
    goesOn = scanned.goesOn;
    waiting.push(...scanned.heredocs);
  }
  const [heredoc] = waiting;
  if (heredoc !== undefined) return `\`${heredoc.word}\` alone on a line`;
  if (quote !== null) return `a closing ${quote}`;
  return goesOn ? "the line after a backslash" : null;
}

interface Heredoc {
  readonly word: string;
  /** `<<-`: tabs before the word are taken off. */
  readonly isIndented: boolean;
}

/** One line outside here-documents: the quote that it leaves open, and the here-documents that begin after it. */
function scanLine(line: string, opened: string | null) {
  const heredocs: Heredoc[] = [];
  let quote = opened;
  let at = 0;
  while (at < line.length) {
    const char = line.charAt(at);
    if (char === "\\" && quote !== "'") {
      if (at === line.length - 1) return { quote, heredocs, goesOn: quote === null };
      at += 2;
      continue;
    }
    if (quote !== null) {
      if (char === quote) quote = null;
      at += 1;
      continue;
    }
    if (char === "#" && (at === 0 || /[\s;&|(]/.test(line.charAt(at - 1)))) break;
    const heredoc = /^<<(-?)[ \t]*(?:'([^']+)'|"([^"]+)"|\\?([\w.-]+))/.exec(line.slice(at));
    if (heredoc !== null && line.charAt(at - 1) !== "<" && !isInArithmetic(line.slice(0, at))) {
      heredocs.push({
        word: heredoc[2] ?? heredoc[3] ?? heredoc[4] ?? "",
        isIndented: heredoc[1] === "-",
      });
      at += heredoc[0].length;
      continue;
    }
    if (char === "'" || char === '"' || char === "`") quote = char;
    at += 1;
  }
  return { quote, heredocs, goesOn: false };
}

/** Whether `((` stands open, within which << shifts bits. */
function isInArithmetic(before: string): boolean {
  return before.lastIndexOf("((") > before.lastIndexOf("))");
}
