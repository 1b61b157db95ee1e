// What `defineTool` works out from a user's few lines: how a command is written and read, and what becomes of an answer.
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool } from "../../src/tools/defineTool.ts";
import { nativeSchemas } from "../../src/tools/nativeSchemas.ts";
import { parseCommand } from "../../src/tools/parseCommand.ts";
import { memorySandbox } from "./memorySandbox.ts";
import { desk } from "./runTool.ts";

const note = defineTool({
  name: "note",
  description: "Writes a note.",
  arguments: z.strictObject({
    path: z.string().describe("Where."),
    at: z.number().optional(),
    loud: z.boolean().default(false),
    text: z.string(),
  }),
  endMarker: "end_of_note",
  replay: "rerun",
  run: async ({ text, loud }) => (loud ? { text: text.toUpperCase(), ok: false } : text),
});

describe("defineTool", () => {
  it("writes and reads commands by the order of the arguments", () => {
    expect(note.signature).toBe("note <path> [<at>] [<loud>]");
    const parse = (command: string) => parseCommand([note], command);
    expect(parse("note 'a b' 1.5 true\nx\ny\nend_of_note")).toEqual({
      tool: "note",
      arguments: { path: "a b", at: 1.5, loud: true, text: "x\ny\n" },
    });
    expect(parse("note a\nend_of_note")).toMatchObject({ arguments: { path: "a", loud: false, text: "" } });
    expect(parse("note a b\nend_of_note")).toMatch(/^The arguments of `note` do not fit\.[\s\S]*→ at at$/);
    expect(parse("note a 1 true b\nend_of_note")).toMatch(/^`note` takes 3 words at most/);
    expect(parse("note a")).toMatch(/^`note` has no end/);
  });

  it("tells native models what its schema says", () => {
    expect(nativeSchemas([note])).toEqual([
      {
        name: "note",
        description: "Writes a note.",
        parameters: {
          type: "object",
          properties: {
            path: { type: "string", description: "Where." },
            at: { type: "number" },
            loud: { type: "boolean", default: false },
            text: { type: "string" },
          },
          required: ["path", "text"],
          additionalProperties: false,
        },
      },
    ]);
  });

  it("makes an answer of a text, or of a text with more, and throws for anything else", async () => {
    const { run, state } = desk(memorySandbox(), { openFile: "a" }, [note, broken]);
    expect(await run("note a\nhi\nend_of_note")).toMatchObject({ kind: "text", text: "hi\n", ok: true });
    expect(await run("note a 1 true\nhi\nend_of_note")).toMatchObject({ text: "HI\n", ok: false });
    expect(state()).toMatchObject({ openFile: "a" });
    await expect(run("broken")).rejects.toThrow(
      "the tool broken answered neither a text nor an object with one",
    );
  });
});

const answers: { readonly any: string } = JSON.parse("{}");
const broken = defineTool({
  name: "broken",
  description: "Answers nothing.",
  arguments: z.strictObject({}),
  replay: "rerun",
  run: async () => answers.any,
});
