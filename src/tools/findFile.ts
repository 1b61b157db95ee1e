// `find_file`: finds files by name under a folder.
import { z } from "zod";
import type { Tool } from "../core/tool.ts";
import { outsideText, resolvePath } from "./filePath.ts";
import { refused, said } from "./result.ts";
import { askPython } from "./sandboxPython.ts";
import { parseTwo, searchedPath, unanswered } from "./searchText.ts";

const LISTED_MAX = 100;
const ENTRIES_MAX = 200_000;
const ANSWER_BYTES_MAX = 1_000_000;

/** Arguments: name, folder, files listed at most, entries looked at at most. Prints one line of JSON. */
const FIND_SCRIPT = `
import fnmatch, json, os, sys

name, root = os.fsencode(sys.argv[1]), os.fsencode(sys.argv[2])
listed_max, entries_max = int(sys.argv[3]), int(sys.argv[4])
found = {"problem": None, "fileCount": 0, "files": []}
seen = 0
if not os.path.exists(root):
    found["problem"] = "missing"
elif not os.path.isdir(root):
    found["problem"] = "notAFolder"
else:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(one for one in folders if not one.startswith(b"."))
        seen += len(names) + len(folders)
        for one in sorted(names):
            if one.startswith(b".") and not name.startswith(b"."):
                continue
            path = os.path.join(folder, one)
            if fnmatch.fnmatchcase(one, name) and os.path.isfile(path):
                found["fileCount"] += 1
                if len(found["files"]) < listed_max:
                    found["files"].append(os.path.normpath(path).decode("utf-8", "replace"))
        if seen > entries_max:
            found["problem"] = "tooMany"
            break
print(json.dumps(found))
`;

const foundSchema = z.strictObject({
  problem: z.enum(["missing", "notAFolder", "tooMany"]).nullable(),
  fileCount: z.int().nonnegative(),
  files: z.array(z.string()).max(LISTED_MAX),
});

const findArguments = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(255)
    .refine((name) => !name.includes("/"), "must be a name without a folder"),
  folder: searchedPath.optional(),
});

export const findFileTool: Tool<typeof findArguments> = {
  name: "find_file",
  signature: "find_file <name> [<folder>]",
  description:
    "Finds files by name under a folder (left out: the present one), hidden folders aside; `*` and `?` in the name stand for any text and any character.",
  arguments: findArguments,
  native: {
    description: "Finds files by name under a folder, hidden folders aside.",
    arguments: {
      name: "The name; `*` and `?` stand for any text and any character.",
      folder: "The folder; left out: the present one.",
    },
  },
  endMarker: null,
  parseText(rest) {
    const words = parseTwo("find_file", "a folder", rest);
    if (typeof words === "string") return words;
    const [name, folder] = words;
    if (name.includes("/"))
      return "`find_file` takes a file's name, and its folder after it: `find_file <name> <folder>`.";
    return folder === undefined ? { name } : { name, folder };
  },
  replay: "rerun",
  repeatable: true,
  async run({ name, folder: written = "." }, context) {
    const { state } = context;
    const folder = resolvePath(state, written);
    if (folder === null) return refused(outsideText(written), state);
    const { answer, result } = await askPython(context, {
      name: "find",
      script: FIND_SCRIPT,
      args: [name, folder, String(LISTED_MAX), String(ENTRIES_MAX)],
      answer: foundSchema,
      answerBytesMax: ANSWER_BYTES_MAX,
    });
    if (answer === null) return unanswered(result, state, "Look under a smaller folder, or use `find`.");
    if (answer.problem === "missing") return refused(`There is no folder \`${folder}\`.`, state);
    if (answer.problem === "notAFolder") return refused(`\`${folder}\` is a file, not a folder.`, state);
    const where = folder === "." ? "the working folder" : `\`${folder}\``;
    const left = answer.fileCount - answer.files.length;
    const text = [
      answer.fileCount === 0
        ? `No file under ${where} is called "${name}".`
        : `"${name}" under ${where}: ${answer.fileCount === 1 ? "1 file" : `${answer.fileCount} files`}.`,
      ...answer.files,
      ...(left > 0 ? [`(${left} more; look under a smaller folder)`] : []),
      ...(answer.problem === "tooMany" ? [`(only the first ${ENTRIES_MAX} entries were looked at)`] : []),
    ].join("\n");
    return { ...said(text, state), exitCode: result.exitCode, cpuMs: result.cpuMs };
  },
};
