// `scroll`: moves the window over the open file, up or down by nearly its height.
import { z } from "zod";
import type { Tool } from "../core/tool.ts";
import { readOpenFile } from "./openFile.ts";
import { refused, said } from "./result.ts";
import { clampFirstLine, OVERLAP_LINES, showWindow, WINDOW_LINES } from "./window.ts";

const scrollArguments = z.strictObject({ direction: z.enum(["up", "down"]) });

export const scrollTool: Tool<typeof scrollArguments> = {
  name: "scroll",
  signature: "scroll up|down",
  description: "Shows the part of the open file above or below the present window.",
  arguments: scrollArguments,
  native: {
    description: "Shows the part of the open file above or below the present one.",
    arguments: { direction: "up or down." },
  },
  endMarker: null,
  parseText: parseScroll,
  replay: "rerun",
  repeatable: true,
  async run({ direction }, context) {
    const { state } = context;
    const open = await readOpenFile(context);
    if (!("file" in open)) return refused(open.text, open.state);
    const lineCount = open.file.lines.length;
    const distance = (WINDOW_LINES - OVERLAP_LINES) * (direction === "down" ? 1 : -1);
    const firstLine = clampFirstLine(state.firstLine + distance, lineCount);
    const moved = direction === "down" ? firstLine > state.firstLine : firstLine < state.firstLine;
    if (!moved) {
      const edge = direction === "down" ? "end" : "beginning";
      return refused(`The window already shows the ${edge} of \`${open.path}\`.`, state);
    }
    return said(showWindow(open.path, open.file.lines, firstLine), {
      ...state,
      firstLine,
      shown: open.file.fingerprint,
    });
  },
};

function parseScroll(rest: string): z.infer<typeof scrollArguments> | string {
  const direction = scrollArguments.shape.direction.safeParse(rest.trim());
  return direction.success ? { direction: direction.data } : "`scroll` takes one word: `up` or `down`.";
}
