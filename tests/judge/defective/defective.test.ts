// Defective task folders by the dozen: `tasks check` finds each and says it in one clear sentence, under the right gate.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEFECTS, layOut } from "./defects.ts";
import { type Workshop, workshop } from "./scaffold.ts";

let here: Workshop;
beforeAll(async () => {
  here = await workshop();
});
afterAll(() => here[Symbol.asyncDispose]());

describe("a defective task", () => {
  it("comes in more than 25 ways", () => {
    expect(new Set(DEFECTS.map(([what]) => what)).size).toBe(DEFECTS.length);
    expect(DEFECTS.length).toBeGreaterThan(25);
  });

  it.each(DEFECTS)("with %s is told of it (%s)", async (what, gate, kind, edits, sentence) => {
    const name = await layOut(here.root, what, kind, edits);
    const { defects } = await here.check(name, { seeds: what.startsWith("noise") ? 3 : 2 });
    const fitting = defects.filter(({ text }) => sentence.test(text));
    expect(fitting, defects.map(({ text }) => text).join("\n")).toHaveLength(1);
    expect(fitting[0]?.gate).toBe(gate);
    for (const { text } of defects) expect(text).toMatch(/^\S[^\n]*$/);
  });
});
