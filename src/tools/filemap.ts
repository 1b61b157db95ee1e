// `filemap`: a Python file in outline, the long bodies of its functions left out.
import { z } from "zod";
import type { Tool } from "../core/tool.ts";
import { outsideText, resolvePath } from "./filePath.ts";
import { readThrough } from "./readThrough.ts";
import { refused, said } from "./result.ts";
import { askPython } from "./sandboxPython.ts";
import { unanswered } from "./searchText.ts";
import { counted, numberedLine } from "./window.ts";
import { splitWords } from "./words.ts";

/** Bodies of so many lines and more are left out. */
const LONG_BODY_LINES = 5;
const LINES_SHOWN_MAX = 400;
const RANGES_MAX = 20_000;
const ANSWER_BYTES_MAX = 1_000_000;

/** Standard input: the program. Argument: lines of a long body. Prints the first and last lines of long bodies, in order, as JSON. */
const BODIES_SCRIPT = `
import ast, json, sys, warnings

warnings.simplefilter("ignore")
text, long_body = sys.stdin.buffer.read().decode("utf-8"), int(sys.argv[1])
answer = {"error": None, "bodies": []}


def outline(node):
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        # A body that begins on the line of its head is no body to leave out.
        first, last = max(node.body[0].lineno, node.lineno + 1), node.end_lineno
        if last - first + 1 >= long_body:
            answer["bodies"].append([first, last])
            return
    for child in ast.iter_child_nodes(node):
        outline(child)


try:
    outline(ast.parse(text[1:] if text[:1] == "\\ufeff" else text))
except SyntaxError as problem:
    answer["error"] = [problem.lineno or 1, " ".join(str(problem.msg).split())[:300]]
print(json.dumps(answer))
`;

const answerSchema = z.strictObject({
  error: z.tuple([z.int(), z.string()]).nullable(),
  bodies: z.array(z.tuple([z.int().positive(), z.int().positive()])).max(RANGES_MAX),
});

const filemapArguments = z.strictObject({ path: z.string().min(1) });

export const filemapTool: Tool<typeof filemapArguments> = {
  name: "filemap",
  signature: "filemap <path>",
  description: `Shows a Python file in outline: its lines after their numbers, without the bodies of functions of ${LONG_BODY_LINES} lines and more.`,
  arguments: filemapArguments,
  native: {
    description: `Shows a Python file in outline: its lines after their numbers, without the bodies of functions of ${LONG_BODY_LINES} lines and more.`,
    arguments: { path: "The file." },
  },
  endMarker: null,
  parseText: parseFilemap,
  replay: "rerun",
  repeatable: true,
  async run({ path: written }, context) {
    const { state } = context;
    const wanted = resolvePath(state, written);
    if (wanted === null) return refused(outsideText(written), state);
    if (!/\.pyi?$/.test(wanted))
      return refused("`filemap` shows Python files only. Use `open` for others.", state);
    const found = await readThrough(context, wanted);
    if (typeof found === "string") return refused(found, state);
    const { path, file } = found;
    const { answer, result } = await askPython(context, {
      name: "filemap",
      script: BODIES_SCRIPT,
      args: [String(LONG_BODY_LINES)],
      stdin: file.lines.map((line) => `${line}\n`).join(""),
      answer: answerSchema,
      answerBytesMax: ANSWER_BYTES_MAX,
    });
    if (answer === null) return unanswered(result, state, "Use `open`.");
    if (answer.error !== null) {
      const [line, message] = answer.error;
      return refused(`\`${path}\` cannot be read as Python (line ${line}: ${message}). Use \`open\`.`, state);
    }
    return { ...said(outlineText(path, file.lines, answer.bodies), state), cpuMs: result.cpuMs };
  },
};

function outlineText(
  path: string,
  lines: readonly string[],
  bodies: readonly (readonly [number, number])[],
): string {
  const shown: string[] = [];
  let next = 1;
  const upTo = (last: number) => {
    for (; next <= Math.min(last, lines.length); next++)
      shown.push(numberedLine(next, lines[next - 1] ?? ""));
  };
  for (const [first, last] of bodies) {
    upTo(first - 1);
    shown.push(`(lines ${first} to ${last} left out)`);
    next = last + 1;
  }
  upTo(lines.length);
  const left = shown.length - LINES_SHOWN_MAX;
  return [
    `[${path}: ${counted(lines.length)}]`,
    ...(lines.length === 0 ? ["(the file is empty)"] : []),
    ...shown.slice(0, LINES_SHOWN_MAX),
    ...(left > 0 ? [`(${left} more lines of this outline)`] : []),
  ].join("\n");
}

function parseFilemap(rest: string): z.infer<typeof filemapArguments> | string {
  const words = splitWords(rest);
  if (typeof words === "string") return words;
  const [path, ...others] = words;
  return path === undefined || path === "" || others.length > 0
    ? "`filemap` takes one path: `filemap <path>`. Quote a path with blanks."
    : { path };
}
