// Which starter files a run began with is read from what it showed first.
import { describe, expect, it } from "vitest";
import { vintageOf } from "../../src/compat/vintage.ts";

const file = (path: string, text: string) => ({
  path,
  data: new TextEncoder().encode(text),
  executable: false,
});
const HEADED = '"""\nCopyright (c) somebody\n"""\nimport json\n\nprint(1)\n';
const workspace = [file("a.py", HEADED), file("b.py", "x = 1\n")];

function step(action: string, path: string, lines: readonly string[]) {
  const shown = lines.map((line, index) => `${index + 1}:${line}`);
  const observation = [`[File: /home/agent/workspace/${path} (${lines.length} lines total)]`, ...shown].join(
    "\n",
  );
  return { action, observation, response: null, thought: null, state: null, execution_time: null };
}

const textOf = (vintage: ReturnType<typeof vintageOf>, path: string) =>
  new TextDecoder().decode(vintage.workspace.find((one) => one.path === path)?.data);

describe("the vintage of a run", () => {
  it("is V2 where it showed the checkout's files", () => {
    const vintage = vintageOf(workspace, [step("open a.py", "a.py", HEADED.trimEnd().split("\n"))]);
    expect(vintage.name).toBe("V2");
    expect([...vintage.unseen]).toEqual(["b.py"]);
    expect(textOf(vintage, "a.py")).toBe(HEADED);
  });

  it("is V1 where the licence header was missing, and takes it off", () => {
    const vintage = vintageOf(workspace, [step("open a.py", "a.py", ["import json", "", "print(1)"])]);
    expect(vintage.name).toBe("V1");
    expect([...vintage.rebuilt]).toEqual([]);
    expect(textOf(vintage, "a.py")).toBe("import json\n\nprint(1)\n");
  });

  it("rebuilds a file from what was shown where neither fits, and remembers that", () => {
    const vintage = vintageOf(workspace, [step("open b.py", "b.py", ["x = 2", "y = 3"])]);
    expect(vintage.name).toBe("V1");
    expect([...vintage.rebuilt]).toEqual(["b.py"]);
    expect(textOf(vintage, "b.py")).toBe("x = 2\ny = 3\n");
    expect(textOf(vintage, "a.py")).toBe("import json\n\nprint(1)\n");
  });

  it("believes nothing that was shown after a change", () => {
    const vintage = vintageOf(workspace, [step("edit 1:1\nx = 5\nend_of_edit", "b.py", ["x = 5"])]);
    expect(vintage.name).toBeNull();
    expect(textOf(vintage, "b.py")).toBe("x = 1\n");
  });
});
