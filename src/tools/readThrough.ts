// Reads a text file that an agent names, through links: what `open` and `filemap` begin with.
import type { ToolContext } from "../core/tool.ts";
import { followLink } from "./followLink.ts";
import type { OpenFile } from "./openFile.ts";
import { readTextFile } from "./textFile.ts";

/** The file, or what a link leads to, so that a change goes there and the link stays a link; a string says why there is none. */
export async function readThrough(context: ToolContext, path: string): Promise<OpenFile | string> {
  const file = await readTextFile(context.sandbox, path);
  if (!("code" in file)) return { path, file };
  if (file.code !== "notAFile") return file.text;
  const target = await followLink(context, path);
  if (target.kind !== "file") return target.text;
  const linked = await readTextFile(context.sandbox, target.path);
  return "code" in linked ? linked.text : { path: target.path, file: linked };
}
