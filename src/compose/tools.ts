// Which tools an agent has: the default set, or those that its configuration names, the user's own files among them.
import type { AgentConfig } from "../core/cell.ts";
import { UserError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import type { Tool } from "../core/tool.ts";
import { blockedCommands, withBlocked } from "../tools/blockedCommands.ts";
import { allTools, ENDINGS, toolset } from "../tools/toolset.ts";
import { isToolFile, loadUserTool } from "./userTool.ts";

/**
 * The tools of an agent, in the order in which they are explained; `validate`, `submit` and `forfeit` follow where they are not named.
 * `keyPath` is where the list stands, for complaints. Throws UserError for a tool that is not there, cannot be used or comes twice.
 */
export async function toolsOf(
  config: {
    readonly tools?: AgentConfig["tools"] | readonly string[];
    readonly blocked?: AgentConfig["blocked"];
  },
  keyPath: string,
): Promise<readonly Tool[]> {
  const tools = await chosenTools(config.tools, keyPath);
  return config.blocked === undefined ? tools : withBlocked(tools, blockedCommands(config.blocked));
}

async function chosenTools(wanted: readonly string[] | undefined, keyPath: string): Promise<readonly Tool[]> {
  if (wanted === undefined) return toolset;
  const chosen: Tool[] = [];
  for (const [index, entry] of wanted.entries()) {
    const place = `${keyPath}[${index}]`;
    const tool = isToolFile(entry) ? await loadUserTool(entry, place) : toolCalled(entry, place);
    const isEndingTaken = tool.source !== undefined && ENDINGS.some(({ name }) => name === tool.name);
    if (isEndingTaken || chosen.some(({ name }) => name === tool.name)) {
      throw new UserError(`${place}: ${entry} is a second tool called \`${tool.name}\`; names must differ`);
    }
    chosen.push(tool);
  }
  return [...chosen, ...ENDINGS.filter((ending) => !chosen.includes(ending))];
}

function toolCalled(name: string, place: string): Tool {
  const tool = allTools.find((one) => one.name === name);
  if (tool !== undefined) return tool;
  const names = allTools.map((one) => one.name);
  throw new UserError(
    `${place}: there is no tool "${name}"; ${suggestion(name, names)} (a file of your own is written as a path, such as ./tools/mine.ts)`,
  );
}
