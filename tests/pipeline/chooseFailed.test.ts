import { describe, expect, it } from "vitest";
import { parseWhere } from "../../src/pipeline/chooseFailed.ts";

describe("--where", () => {
  it("is a list of conditions", () => {
    expect(parseWhere("")).toEqual({});
    expect(parseWhere("class=failed:sandbox, task=3-sat,model=m")).toEqual({
      class: "failed:sandbox",
      task: "3-sat",
      model: "m",
    });
  });

  it.each(["class", "class=", "colour=red", "class=a=b", "task=a,task=b"])("refuses %s", (text) => {
    expect(() => parseWhere(text)).toThrow(/^--where /);
  });
});
