// The form `xml`: thinking in words and one command between <command> and </command>, taken as it stands: nothing is unescaped. It knows no
// tools.
import type { ModelReply } from "../../core/model.ts";
import { afterThinking, holdsNativeCall, malformed, nativeCall, replyText } from "../replyText.ts";
import type { AskedCommand, TextForm } from "./textForm.ts";

const OPEN = "<command>";
const CLOSE = "</command>";
const DATA_OPEN = "<![CDATA[";
const DATA_CLOSE = "]]></command>";
const WHERE = `between ${OPEN} and ${CLOSE}`;

export const xmlForm: TextForm = {
  name: "xml",
  version: 1,
  parse: parseXml,
  write(thought, command) {
    const content = needsData(command) ? `${DATA_OPEN}${command}]]>` : `\n${command}\n`;
    return `<thought>\n${thought}\n</thought>\n${OPEN}${content}${CLOSE}`;
  },
  thoughtOf(text) {
    const before = afterThinking(text).split(OPEN)[0] ?? "";
    return before.replaceAll(/<\/?thought>/g, "").trim();
  },
};

/**
 * Reads the one tagged command of a reply, up to the first closing tag. A command that holds that tag itself stands in a CDATA section
 * (XML 1.0, 2.7), which ends only where the closing tag follows it at once.
 */
export function parseXml(reply: Pick<ModelReply, "text" | "toolCalls" | "finish">): AskedCommand {
  const whole = replyText(reply, WHERE);
  if (typeof whole !== "string") return whole;
  const text = whole.replaceAll("\r\n", "\n");
  const open = text.indexOf(OPEN);
  const outside = open < 0 ? text : text.slice(0, open);
  if (holdsNativeCall(outside)) return malformed(nativeCall(WHERE));
  if (open < 0) return malformed(`Your reply holds no ${OPEN} tag, so there is no command in it.`);
  const from = open + OPEN.length;
  const isData = text.startsWith(DATA_OPEN, from);
  const [start, closing] = isData ? [from + DATA_OPEN.length, DATA_CLOSE] : [from, CLOSE];
  const end = text.indexOf(closing, start);
  if (end < 0) return malformed(`The command is opened and not closed: end it with ${closing}.`);
  const rest = text.slice(end + closing.length);
  if (rest.includes(OPEN)) return malformed(`Your reply holds more than one ${OPEN}; write exactly one.`);
  if (rest.includes(CLOSE)) {
    return malformed(
      `Your reply holds ${CLOSE} more than once. If the command itself holds it, write ${OPEN}${DATA_OPEN}…${DATA_CLOSE}.`,
    );
  }
  if (holdsNativeCall(rest)) return malformed(nativeCall(WHERE));
  const content = text.slice(start, end);
  const command = isData ? content : content.replace(/^[ \t]*\n/, "").replace(/\n[ \t]*$/, "");
  if (command.trim() === "") return malformed("The command is empty.");
  return { kind: "command", command };
}

/** Commands that would be read otherwise between plain tags. */
function needsData(command: string): boolean {
  return command.includes(CLOSE) || command.startsWith(DATA_OPEN) || command !== command.trim();
}
