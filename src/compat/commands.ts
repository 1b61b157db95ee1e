// MLGym's commands as its agents wrote them: an action becomes one or more commands of its editor, of its environment, or of the shell.
import { splitWords } from "../tools/words.ts";

export type MlgymCommand =
  | { readonly kind: "open"; readonly words: readonly string[] }
  | { readonly kind: "goto"; readonly words: readonly string[] }
  | { readonly kind: "scroll"; readonly direction: "up" | "down" }
  | { readonly kind: "create"; readonly words: readonly string[] }
  | { readonly kind: "edit"; readonly range: string; readonly text: readonly string[] }
  | { readonly kind: "insert"; readonly after: string; readonly text: readonly string[] }
  /** An edit without its last word: MLGym answers without running anything. */
  | { readonly kind: "malformed" }
  | { readonly kind: "searchDir" | "searchFile" | "findFile"; readonly words: readonly string[] }
  | { readonly kind: "validate" | "submit" }
  /** `exit_…`: the loop's own word, where the model gave none. */
  | { readonly kind: "exit" }
  | { readonly kind: "shell"; readonly command: string };

const BLOCK = /^(edit|insert)\b([^\n]*)\n([\s\S]*?)^end_of_\1[ \t]*$/m;
const ONE_LINE =
  /^(open|goto|scroll_up|scroll_down|create|search_dir|search_file|find_file|validate|submit)(?:\s+(.*))?$/;
/** As MLGym looks for an edit that lacks its end. */
const EDIT_BEGUN = /^edit \d+:\d+/;

/** Splits an action into what would be carried out one after the other. */
export function parseAction(action: string): readonly MlgymCommand[] {
  const text = action.trim();
  if (/^exit_(?:context|cost|error|format|api|forfeit)$/.test(text)) return [{ kind: "exit" }];
  if (EDIT_BEGUN.test(text) && !text.includes("end_of_edit")) return [{ kind: "malformed" }];
  const commands: MlgymCommand[] = [];
  let rest = text;
  for (let block = BLOCK.exec(rest); block !== null; block = BLOCK.exec(rest)) {
    commands.push(...plainCommands(rest.slice(0, block.index)));
    const [whole, name, words = "", body = ""] = block;
    const lines = body === "" ? [] : body.replace(/\n$/, "").split("\n");
    const argument = words.replace(/\s*<<\s*['"]?end_of_\w+['"]?\s*$/, "").trim();
    commands.push(
      name === "edit"
        ? { kind: "edit", range: argument, text: lines }
        : { kind: "insert", after: argument, text: lines },
    );
    rest = rest.slice(block.index + whole.length);
  }
  return [...commands, ...plainCommands(rest)];
}

/** Lines between the blocks: each a command of MLGym's, or all of it for the shell. */
function plainCommands(text: string): readonly MlgymCommand[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length === 0) return [];
  const found = lines.map((line) => oneLine(line.trim()));
  const known = found.filter((command) => command !== null);
  return known.length === lines.length ? known : [{ kind: "shell", command: text.trim() }];
}

function oneLine(line: string): MlgymCommand | null {
  const [, name, rest = ""] = ONE_LINE.exec(line) ?? [];
  if (name === undefined || /(?:^|[^\\])(?:&&|\|\||[;|><`]|\$\()/.test(rest)) return null;
  const words = splitWords(rest);
  if (typeof words === "string") return null;
  switch (name) {
    case "open":
    case "goto":
    case "create":
      return { kind: name, words };
    case "scroll_up":
      return { kind: "scroll", direction: "up" };
    case "scroll_down":
      return { kind: "scroll", direction: "down" };
    case "search_dir":
      return { kind: "searchDir", words };
    case "search_file":
      return { kind: "searchFile", words };
    case "find_file":
      return { kind: "findFile", words };
    case "validate":
    case "submit":
      return { kind: name };
    default:
      return null;
  }
}
