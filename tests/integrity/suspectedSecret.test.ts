import { describe, expect, it } from "vitest";
import { DROP_FLAGS } from "../../src/core/signal.ts";
import { signalsOf } from "../../src/integrity/signalsOf.ts";
import { FACTS, found, record, shell, wrote } from "./record.ts";

const KEY = "ghp_qBzDkFgHiRkLmNoPqWsTuVwXyZ0246873kMb";
const run = shell("python train.py");

describe("a suspected secret", () => {
  it.each([
    ["in a command", shell(`curl -H 'x: ${KEY}' file:///dev/null`)],
    ["in a file that is written", wrote("a.py", `KEY = "${KEY}"`)],
    ["in what was read", { ...shell("cat notes"), observation: `see ${KEY}` }],
  ])("%s is a signal of its step", (_, action) => {
    expect(found([run, action])).toContain("secret:suspected@1");
  });

  it("in a model's thoughts is one too, and its evidence shows four characters", () => {
    const replies = [{ step: 0, text: `My key was ${KEY}.` }];
    const signals = signalsOf(record([run], { replies }), FACTS);
    expect(signals).toEqual([
      {
        name: "secret:suspected",
        step: 0,
        source: "static",
        evidence: "wrote github-token ghp_… (40 characters)",
      },
    ]);
  });

  it("drops its row unless a pipeline says otherwise", () => {
    expect(DROP_FLAGS).toContain("secret:suspected");
  });
});
