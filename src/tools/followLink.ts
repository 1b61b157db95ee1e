// What stands at a path that is no regular file: a folder, a link and where it leads, or something that nobody edits.
import { z } from "zod";
import type { ToolContext } from "../core/tool.ts";
import { askPython } from "./sandboxPython.ts";

const TARGET_SCRIPT = `
import json, os, stat, sys

path = sys.argv[1]
real, root = os.path.realpath(path), os.path.realpath(".")
try:
    mode = os.stat(path).st_mode
    kind = "folder" if stat.S_ISDIR(mode) else "file" if stat.S_ISREG(mode) else "other"
except OSError:
    kind = "nowhere" if os.path.islink(path) else "missing"
inside = real == root or real.startswith(root + os.sep)
print(json.dumps({"kind": kind, "path": os.path.relpath(real, root) if inside else real}))
`;

const ANSWER_BYTES_MAX = 50_000;
const answerSchema = z.strictObject({
  kind: z.enum(["file", "folder", "other", "nowhere", "missing"]),
  path: z.string().min(1),
});

/** A regular file at the end of a link, relative to the workspace or absolute; else what is there, in words. */
export async function followLink(
  context: ToolContext,
  path: string,
): Promise<
  { readonly kind: "file"; readonly path: string } | { readonly kind: "else"; readonly text: string }
> {
  const { answer } = await askPython(context, {
    name: "link",
    script: TARGET_SCRIPT,
    args: [path],
    answer: answerSchema,
    answerBytesMax: ANSWER_BYTES_MAX,
  });
  if (answer?.kind === "file") return { kind: "file", path: answer.path };
  return { kind: "else", text: `\`${path}\` ${WORDS[answer?.kind ?? "other"]}` };
}

const WORDS = {
  folder: "is a folder, and only files are opened. Use `ls` to look into it.",
  nowhere: "is a link that leads to no file that you can reach.",
  missing: "is not there any more.",
  other: "is not a regular file, so the editor cannot show or change it.",
};
