// The form `json`: the whole reply is one JSON object with a thought and a command. It knows no tools.
import { z } from "zod";
import { isJsonWithin } from "../../core/json.ts";
import type { ModelReply } from "../../core/model.ts";
import { scanBlocks } from "../blocks.ts";
import { afterThinking, holdsNativeCall, malformed, nativeCall, replyText } from "../replyText.ts";
import type { Asked, TextForm } from "./textForm.ts";

const WHERE = "as `command` of one JSON object";
/** Deepest nesting of a reply that is still taken for one. */
const DEPTH_MAX = 36;
/** How much of the JSON parser's complaint the model is told. */
const COMPLAINT_MAX = 300;

const replySchema = z.object({
  thought: z.string().default(""),
  command: z.union([
    z.string(),
    z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()).default({}) }),
  ]),
});

export const jsonForm: TextForm = {
  name: "json",
  version: 1,
  parse: parseJson,
  write: (thought, command) => JSON.stringify({ thought, command }),
  thoughtOf(text) {
    const given = jsonOf(withoutFence(afterThinking(text).trim()));
    const read = replySchema.safeParse("value" in given ? given.value : null);
    return read.success ? read.data.thought.trim() : "";
  },
};

/** Reads a reply that is one JSON object, bare or in one fenced block; members besides `thought` and `command` are passed over. */
export function parseJson(reply: Pick<ModelReply, "text" | "toolCalls" | "finish">): Asked {
  const whole = replyText(reply, WHERE);
  if (typeof whole !== "string") return whole;
  const text = withoutFence(whole.trim());
  if (!text.startsWith("{")) {
    return malformed(
      holdsNativeCall(text)
        ? nativeCall(WHERE)
        : "Your reply is not one JSON object: it must begin with { and end with }, and nothing may stand around it.",
    );
  }
  const given = jsonOf(text);
  if ("problem" in given) return malformed(`Your reply is not valid JSON (${given.problem}).`);
  if (!isJsonWithin(given.value, DEPTH_MAX)) {
    return malformed("Your JSON object is nested too deep, or holds a number that is too large.");
  }
  const read = replySchema.safeParse(given.value);
  if (!read.success) {
    return malformed(
      "Your JSON object must have `thought`, a text, and `command`: a text, or an object with `name` and `arguments`.",
    );
  }
  const { command } = read.data;
  if (typeof command !== "string") {
    const { name: tool, arguments: args } = command;
    return { kind: "call", tool, arguments: args, text: `${tool} ${JSON.stringify(args)}` };
  }
  return command.trim() === "" ? malformed("`command` is empty.") : { kind: "command", command };
}

function withoutFence(text: string): string {
  if (!text.startsWith("```")) return text;
  const { blocks, outside, open } = scanBlocks(text);
  const [only, ...others] = blocks;
  return only === undefined || others.length > 0 || open || outside.trim() !== "" ? text : only.trim();
}

function jsonOf(text: string): { readonly value: unknown } | { readonly problem: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { problem: (error instanceof Error ? error.message : String(error)).slice(0, COMPLAINT_MAX) };
  }
}
