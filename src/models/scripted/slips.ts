// The mistakes that the agent makes: damaged programs, wrong paths and line numbers, replies of the wrong form.
import type { Prng } from "../../core/prng.ts";

/** A program with one small flaw that shows when it is run; the text itself where no flaw fits. */
export function damaged(program: string, draw: Prng): string {
  switch (draw.below(4)) {
    case 0:
      return program.replace(/^(def \w+\(.*\)):$/m, "$1");
    case 1:
      return program.replace(/^import random\n/m, "");
    case 2:
      return program.replace(/random\.random\(\)/, "random.random(");
    default:
      return program.replace(/\bhistory\[-1\]|\blen\(conflicts\)|\bsum\(weights\)/, (found) =>
        found.replace(/history|conflicts|weights/, (name) => name.slice(0, -1)),
      );
  }
}

/** A path with two neighbouring letters exchanged. */
export function misspelt(path: string, draw: Prng): string {
  const at = 1 + draw.below(Math.max(1, path.indexOf(".") - 2));
  const [a = "", b = ""] = [path.charAt(at), path.charAt(at + 1)];
  return a === b || b === "."
    ? `${path.slice(0, at)}${path.slice(at + 1)}`
    : `${path.slice(0, at)}${b}${a}${path.slice(at + 2)}`;
}

/** A reply of the wrong form: no fence, an open fence, two blocks, or a tool call in a format of another system. */
export function garbled(thought: string, command: string, draw: Prng): string {
  switch (draw.below(4)) {
    case 0:
      return `${thought}\n\n${command}`;
    case 1:
      return `${thought}\n\n\`\`\`\n${command}`;
    case 2:
      return `${thought}\n\n\`\`\`\n${command}\n\`\`\`\n\nAnd after that:\n\n\`\`\`\nvalidate\n\`\`\``;
    default:
      return `${thought}\n\n<tool_call>\n${JSON.stringify({ name: "shell", arguments: { command } })}\n</tool_call>`;
  }
}
