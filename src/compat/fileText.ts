// Whole files by way of our own tools: read through windows of `open`, and put back by the shell where a replay must be set right.
import { type Act, quoted } from "./act.ts";

/** Windows that one file is read through at most. */
const LOOKS_MAX = 500;
const SHOWN = /^(\d+):(?: (.*))?$/s;
const TOTAL = /^\[.*: (\d+) lines?\]$/;
const PER_LINE = 76;

/** The lines of a file, as the editor shows them; null where it cannot show it. */
export async function linesOf(act: Act, path: string): Promise<readonly string[] | null> {
  const lines: string[] = [];
  let total = 1;
  for (let look = 0; look < LOOKS_MAX && (look === 0 || lines.length < total); look++) {
    const answer = await act("open", look === 0 ? { path } : { path, line: lines.length + 1 });
    if (!answer.ok) return null;
    const before = lines.length;
    for (const line of answer.text.split("\n")) {
      const header = TOTAL.exec(line);
      if (header !== null) total = Number(header[1]);
      const [, number, text = ""] = SHOWN.exec(line) ?? [];
      if (number !== undefined && Number(number) === lines.length + 1) lines.push(text);
    }
    if (lines.length === before) break;
  }
  return lines;
}

/** Writes a file past the editor, which might refuse it. */
export async function putBack(act: Act, path: string, lines: readonly string[]): Promise<void> {
  const text = Buffer.from(lines.map((line) => `${line}\n`).join("")).toString("base64");
  const wrapped = text.match(new RegExp(`.{1,${PER_LINE}}`, "g")) ?? [];
  const command = [`base64 -d > ${quoted(path)} <<'NIGHTSHIFT_END'`, ...wrapped, "NIGHTSHIFT_END"].join("\n");
  await act("shell", { command });
}
