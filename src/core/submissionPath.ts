// What a declared path of a submission stands for: one file, or with a slash behind it every regular file below a folder.
import { z } from "zod";
import type { Sandbox } from "./sandbox.ts";

/** Most files of one declared folder. */
export const FOLDER_FILES_MAX = 2_000;
const LISTING_MS = 60_000;
const LISTING_BYTES_MAX = 1_048_576;
/** Regular files below a folder as JSON, one more than allowed at most; links are not followed. */
const LISTING = `
import json, os, sys
folder, most, names = sys.argv[1], int(sys.argv[2]), []
for base, folders, files in os.walk(folder):
    folders.sort()
    for file in sorted(files):
        path = os.path.join(base, file)
        if os.path.isfile(path) and not os.path.islink(path):
            names.append(os.path.relpath(path, "."))
    if len(names) > most:
        break
sys.stdout.write(json.dumps(names[: most + 1]))
`;

/** True for a declared folder, which ends with a slash; `./` is the whole workspace. */
export function isFolderPath(declared: string): boolean {
  return declared.endsWith("/");
}

/** Whether a file is the declared one, or lies below the declared folder. A name that leads out of it again lies nowhere. */
export function covers(declared: string, file: string): boolean {
  if (!isFolderPath(declared)) return declared === file;
  const isPlain = file.split("/").every((part) => part !== "" && part !== "." && part !== "..");
  return isPlain && (declared === "./" || file.startsWith(declared));
}

/** The regular files below a declared folder as they are now, sorted; or a sentence, in words for the agent, why they cannot be had. */
export async function filesBelow(
  sandbox: Pick<Sandbox, "exec">,
  declared: string,
  of: { readonly actionId: string; readonly signal: AbortSignal },
): Promise<readonly string[] | string> {
  const argv = ["python3", "-I", "-S", "-c", LISTING, declared, String(FOLDER_FILES_MAX)];
  const options = { timeoutMs: LISTING_MS, outputBytesMax: LISTING_BYTES_MAX, cwd: ".", signal: of.signal };
  const result = await sandbox.exec(of.actionId, argv, options);
  const names = result.exitCode === 0 && !result.truncated ? namesIn(result.output) : null;
  if (names === null) return `The files of \`${declared}\` cannot be listed.`;
  if (names.length > FOLDER_FILES_MAX) return `\`${declared}\` has more than ${FOLDER_FILES_MAX} files.`;
  // The list was made where the agent is at home: what it names is not believed.
  if (names.some((name) => !covers(declared, name))) return `The files of \`${declared}\` cannot be listed.`;
  if (names.some((name) => !name.isWellFormed())) return `A file's name in \`${declared}\` is not UTF-8.`;
  return names.toSorted();
}

function namesIn(output: string): readonly string[] | null {
  try {
    return z.array(z.string()).parse(JSON.parse(output));
  } catch {
    return null;
  }
}
