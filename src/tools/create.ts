// `create`: makes a new, empty file and opens it. It never touches a file that exists.
import { z } from "zod";
import { FileAccessError, type Sandbox } from "../core/sandbox.ts";
import type { Tool } from "../core/tool.ts";
import { outsideText, resolvePath } from "./filePath.ts";
import { refused, said } from "./result.ts";
import { writeTextFile } from "./textFile.ts";
import { showWindow } from "./window.ts";
import { splitWords } from "./words.ts";

const createArguments = z.strictObject({ path: z.string().min(1) });

export const createTool: Tool<typeof createArguments> = {
  name: "create",
  signature: "create <path>",
  description: "Makes a new, empty file, with its folders, and opens it; then fill it with `insert 0`.",
  arguments: createArguments,
  native: {
    description:
      "Makes a new, empty file, with its folders, and opens it; then fill it with `insert` after line 0.",
    arguments: { path: "The file; it must not exist yet." },
  },
  endMarker: null,
  parseText: parseCreate,
  replay: "rerun",
  async run({ path: written }, { sandbox, state }) {
    const path = resolvePath(state, written);
    if (path === null) return refused(outsideText(written), state);
    if (await exists(sandbox, path)) {
      return refused(`\`${path}\` exists already. Use \`open\` to look at it.`, state);
    }
    const made = await writeTextFile(sandbox, path, { lines: [], lineEnd: "\n" });
    if ("code" in made) return refused(made.text, state);
    const shown = made.fingerprint;
    return said(showWindow(path, [], 1), { ...state, openFile: path, firstLine: 1, shown });
  },
};

function parseCreate(rest: string): z.infer<typeof createArguments> | string {
  const words = splitWords(rest);
  if (typeof words === "string") return words;
  const [path, ...others] = words;
  if (path === undefined || path === "" || others.length > 0) {
    return "`create` takes one path: `create <path>`. Quote a path with blanks.";
  }
  return { path };
}

async function exists(sandbox: Sandbox, path: string): Promise<boolean> {
  try {
    await sandbox.read(path, 1);
    return true;
  } catch (error) {
    if (error instanceof FileAccessError) return error.code !== "missing";
    throw error;
  }
}
