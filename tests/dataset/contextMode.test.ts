// Whether prompts only grew: by token ids where there are any, else by messages and the reasoning that was sent again.
import { describe, expect, it } from "vitest";
import type { ReasoningInHistory } from "../../src/core/model.ts";
import type { Trajectory } from "../../src/core/trajectory.ts";
import { checkRollout } from "../../src/dataset/invariants.ts";
import { reasoningVisibility } from "../../src/dataset/reasoningVisibility.ts";
import { rolloutRows } from "../../src/dataset/rows.ts";
import { taskInfo } from "../../src/dataset/writeDataset.ts";
import { FIXTURE_RUN, type FixtureOptions, fixtureRecord, fixtureTask } from "./fixtures.ts";

const task = taskInfo(fixtureTask());

function modeOf(options: FixtureOptions, change: (trajectory: Trajectory) => Trajectory = (same) => same) {
  const record = fixtureRecord(options);
  const rows = rolloutRows({ ...record, trajectory: change(record.trajectory) }, task, FIXTURE_RUN);
  checkRollout(rows);
  return [rows.trajectory.context_mode, rows.steps.map((step) => step.extends_previous)] as const;
}

const thinking = [
  { text: "a", reasoning: [{ text: "why a" }], observation: "1" },
  { text: "b", reasoning: [{ text: "why b" }], observation: "2" },
  { text: "c", reasoning: [{ text: "why c" }], observation: null },
];

describe("context mode", () => {
  it("is append_only where messages only grew and no reasoning was lost", () => {
    expect(modeOf({})).toEqual(["append_only", [null, true, true]]);
    expect(modeOf({ steps: thinking, reasoningInHistory: "all" })).toEqual([
      "append_only",
      [null, true, true],
    ]);
  });

  it.each<ReasoningInHistory | undefined>([undefined, "none", "sinceUser"])(
    "is rewritten where reasoning that can be read was not sent again (%s)",
    (reasoningInHistory) => {
      const options = reasoningInHistory === undefined ? {} : { reasoningInHistory };
      expect(modeOf({ steps: thinking, ...options })).toEqual(["rewritten", [null, false, false]]);
    },
  );

  it("keeps reasoning since the last user message, so that tool answers cut nothing", () => {
    const toolCall = { name: "shell", arguments: "{}" };
    const steps = thinking.map((step) => ({ ...step, toolCall }));
    const mode = modeOf({ steps, reasoningInHistory: "sinceUser" });
    expect(mode).toEqual(["append_only", [null, true, true]]);
  });

  it("follows the token ids, whatever the messages say", () => {
    expect(modeOf({ tokens: true, steps: thinking })).toEqual(["append_only", [null, true, true]]);
    const retokenised = modeOf({ tokens: true }, (trajectory) => ({
      ...trajectory,
      steps: trajectory.steps.map((step, index) =>
        index === 2 && step.reply.tokens !== null
          ? {
              ...step,
              reply: {
                ...step.reply,
                tokens: { ...step.reply.tokens, promptIds: step.reply.tokens.promptIds.with(7, 99) },
              },
            }
          : step,
      ),
    }));
    expect(retokenised).toEqual(["rewritten", [null, true, false]]);
  });
});

describe("reasoning visibility", () => {
  const seen = (...reasoning: { text: string; id?: string; signature?: string; encrypted?: string }[]) => {
    const { trajectory } = fixtureRecord({ steps: [{ text: "a", reasoning }] });
    return reasoningVisibility(trajectory);
  };

  it("tells what was sampled from what a provider tells of it", () => {
    expect(seen()).toBe("none");
    expect(seen({ text: "" })).toBe("none");
    expect(seen({ text: "hm" })).toBe("visible");
    expect(seen({ text: "hm", signature: "s" })).toBe("summarised");
    expect(seen({ text: "", encrypted: "e" })).toBe("encrypted");
    expect(seen({ text: "", encrypted: "e" }, { text: "hm", signature: "s" })).toBe("summarised");
    expect(seen({ text: "", id: "1", encrypted: "e" }, { text: "hm", id: "1" })).toBe("summarised");
  });
});
