// The lists of tools, written out, and the text and schemas by which a model is told of them.
import { z } from "zod";
import type { ToolSchema } from "../core/model.ts";
import type { Tool } from "../core/tool.ts";
import { createTool } from "./create.ts";
import { editTool } from "./edit.ts";
import { filemapTool } from "./filemap.ts";
import { findFileTool } from "./findFile.ts";
import { forfeitTool } from "./forfeit.ts";
import { gotoTool } from "./goto.ts";
import { gpuStateTool } from "./gpuState.ts";
import { insertTool } from "./insert.ts";
import { literatureSearchTool } from "./literatureSearch.ts";
import { memoryReadTool } from "./memoryRead.ts";
import { memoryWriteTool } from "./memoryWrite.ts";
import { openTool } from "./open.ts";
import { parsePdfTool } from "./parsePdf.ts";
import { scrollTool } from "./scroll.ts";
import { searchDirTool } from "./searchDir.ts";
import { searchFileTool } from "./searchFile.ts";
import { shellTool } from "./shell.ts";
import { submitTool } from "./submit.ts";
import { validateTool } from "./validate.ts";

/** Raised by hand when a tool behaves or answers otherwise than before, though its doc stays the same. */
export const TOOLSET_VERSION = 2;

/** How an episode ends or is scored: every agent has these, whatever its configuration names. */
export const ENDINGS: readonly Tool[] = [validateTool, submitTool, forfeitTool];

/** The default set, in the order in which the tools are explained. */
export const toolset: readonly Tool[] = [
  shellTool,
  openTool,
  gotoTool,
  scrollTool,
  createTool,
  editTool,
  insertTool,
  searchDirTool,
  searchFileTool,
  findFileTool,
  ...ENDINGS,
];

/** Tools that an agent has only where its configuration names them. */
const extraTools: readonly Tool[] = [
  filemapTool,
  memoryReadTool,
  memoryWriteTool,
  literatureSearchTool,
  parsePdfTool,
  gpuStateTool,
];

/** Every tool there is. */
export const allTools: readonly Tool[] = [...toolset, ...extraTools];

/** What a text scaffold says of its tools: one list item each. */
export function toolDocs(tools: readonly Tool[]): string {
  return tools
    .map(({ signature, endMarker, description }) => {
      const end = endMarker === null ? "" : `, then lines, then \`${endMarker}\` alone on a line`;
      return `- \`${signature}\`${end}. ${description}`;
    })
    .join("\n");
}

/** The same tools for models that call them natively. */
export function toolSchemas(tools: readonly Tool[]): readonly ToolSchema[] {
  return tools.map((tool) => ({
    name: tool.name,
    description: tool.description,
    parameters: z.toJSONSchema(tool.arguments, { io: "input" }),
  }));
}
