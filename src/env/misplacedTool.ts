// A hint for a common slip: a tool's name used inside a shell command, where only programs are found.

/** The sentence to add to a shell's output that misses a program by a tool's name; null where it does not. `native`: tools are called natively. */
export function misplacedTool(output: string, toolNames: Iterable<string>, native: boolean): string | null {
  const missing = new Set(
    [...output.matchAll(/(?:^|\s)(\w{1,40}): command not found$/gm)].map(([, name]) => name),
  );
  const name = [...toolNames].find((tool) => missing.has(tool));
  if (name === undefined) return null;
  const instead = native ? "call it by its own name" : "write it as the first word of a command of its own";
  return `[\`${name}\` is a tool, not a program of the shell: ${instead}]`;
}
