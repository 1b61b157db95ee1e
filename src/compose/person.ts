// The person at this process's terminal: lines from standard input, words on standard output.
import { createInterface } from "node:readline";
import type { Person } from "../models/human/human.ts";
import type { World } from "./world.ts";

/** Contract: standard input is held from the first question until it is disposed. */
export function openPerson(world: World): Person & Disposable {
  const isTerminal = process.stdin.isTTY === true && world.out.isTTY === true;
  let open: ReturnType<typeof openLines> | null = null;
  return {
    say: (text) => world.say(text),
    async ask(prompt, signal) {
      signal.throwIfAborted();
      open ??= openLines(world, isTerminal);
      open.prompt(prompt);
      const { next } = open;
      return await new Promise((resolve, reject) => {
        const stop = () => reject(signal.reason);
        signal.addEventListener("abort", stop, { once: true });
        next().then(
          (line) => {
            signal.removeEventListener("abort", stop);
            resolve(line);
          },
          (error: unknown) => reject(error),
        );
      });
    },
    [Symbol.dispose]: () => open?.close(),
  };
}

function openLines(world: World, isTerminal: boolean) {
  const terminal = createInterface({
    input: process.stdin,
    ...(isTerminal ? { output: world.out } : {}),
    terminal: isTerminal,
  });
  // Line editing takes Ctrl-C from the process: it still stops the run.
  terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  const lines = terminal[Symbol.asyncIterator]();
  return {
    prompt(text: string) {
      if (!isTerminal) return;
      terminal.setPrompt(text);
      terminal.prompt();
    },
    next: async (): Promise<string | null> => {
      const { value, done } = await lines.next();
      return done === true ? null : value;
    },
    close: () => terminal.close(),
  };
}
