// Every rule is broken once, and is the one that is named.
import { describe, expect, it } from "vitest";
import { checkRollout, INVARIANTS, type InvariantName, setCheck } from "../../src/dataset/invariants.ts";
import { type RolloutRows, rolloutRows } from "../../src/dataset/rows.ts";
import type { MessageRow, StepRow, TrajectoryRow } from "../../src/dataset/schema.ts";
import { taskRow } from "../../src/dataset/taskRow.ts";
import { taskInfo } from "../../src/dataset/writeDataset.ts";
import { FIXTURE_RUN, fixtureRecord, fixtureRecords, fixtureTask } from "./fixtures.ts";

const task = taskInfo(fixtureTask());
const good = rolloutRows(fixtureRecord({ tokens: true }), task, FIXTURE_RUN);

const trajectory = (over: Partial<TrajectoryRow>): RolloutRows => ({
  ...good,
  trajectory: { ...good.trajectory, ...over },
});
const message = (index: number, over: Partial<MessageRow>): RolloutRows =>
  trajectory({
    messages: good.trajectory.messages.map((row, at) => (at === index ? { ...row, ...over } : row)),
  });
const step = (index: number, over: Partial<StepRow>): RolloutRows => ({
  ...good,
  steps: good.steps.map((row, at) => (at === index ? { ...row, ...over } : row)),
});

const netTried = { name: "net:tried", step: 1, evidence: "curl example.com", source: "static" };

const broken: [InvariantName, string, RolloutRows][] = [
  ["poolIndex", "an index out of place", message(3, { idx: 4 })],
  ["poolReference", "a stand-in for nothing", message(3, { derived_from: 99 })],
  ["messageHash", "a changed text", message(3, { content: "changed" })],
  ["messageHash", "a changed role", message(1, { role: "system" })],
  ["mainPath", "a message left out", trajectory({ main_path: [0, 1, 2] })],
  ["trainFlag", "training on what was not sampled", message(1, { train: true })],
  ["trainFlag", "step and message disagree", step(0, { train: false })],
  ["scored", "reward without success", trajectory({ success: null })],
  ["scored", "success without reward", trajectory({ reward: null })],
  ["scored", "a reward without evaluation", trajectory({ evaluation_status: "none", score_raw: null })],
  ["scored", "scored without score", trajectory({ score_raw: null })],
  [
    "scored",
    "a stand-in beside a final score",
    trajectory({ judged_submission: "lastValid", last_valid_score_raw: 1 }),
  ],
  ["scored", "a stand-in without its score", trajectory({ judged_submission: "lastValid", score_raw: null })],
  ["scored", "a stand-in's score that nothing names", trajectory({ last_valid_score_raw: 1 })],
  ["verdict", "dropped without reason", trajectory({ filter_decision: "drop" })],
  ["verdict", "kept for a reason", trajectory({ filter_reasons: ["surplus"] })],
  ["verdict", "neither", trajectory({ filter_decision: "maybe" })],
  [
    "signals",
    "flags out of order",
    trajectory({ flags: ["text:repaired", "net:tried"], signals: [netTried] }),
  ],
  ["signals", "a signal without its flag", trajectory({ flags: [], signals: [netTried] })],
  ["signals", "a flag without its signal", trajectory({ flags: ["net:tried"], signals: [] })],
  [
    "signals",
    "a name outside the list",
    trajectory({ flags: ["net:sang"], signals: [{ ...netTried, name: "net:sang" }] }),
  ],
  [
    "signals",
    "a step that is not there",
    trajectory({ flags: ["net:tried"], signals: [{ ...netTried, step: 3 }] }),
  ],
  ["stepOrder", "a step too few", { ...good, steps: good.steps.slice(0, 2) }],
  ["stepOrder", "a gap", step(1, { step_index: 2 })],
  ["stepOrder", "last too early", step(1, { is_last: true })],
  ["stepOrder", "a step of another rollout", step(1, { trajectory_id: "x" })],
  ["promptReference", "a prompt message that is not there", step(1, { prompt_msgs: [0, 1, 77] })],
  ["promptReference", "an answer that is not there", step(0, { complaint_msg: 77 })],
  ["responseSampled", "an observation as reply", step(1, { response_msg: 3 })],
  ["responseSampled", "a reply that is not there", step(1, { response_msg: 77 })],
  ["promptHash", "another prompt", step(1, { prompt_msgs: [0, 1, 2] })],
  ["tokenLengths", "too few log-probabilities", step(1, { logprobs: [0] })],
  ["tokenLengths", "ids in part", step(1, { completion_token_ids: null })],
  ["tokenLengths", "reuse of more than there was", step(1, { prompt_reuse_len: 10 })],
  ["contextMode", "a wrong mode", trajectory({ context_mode: "rewritten" })],
  ["sums", "tokens that do not add up", trajectory({ prompt_tokens: 1 })],
  ["sums", "calls that do not add up", trajectory({ num_tool_calls: 2 })],
  ["complete", "a row of our own without its model", trajectory({ model: null })],
  ["complete", "a step of our own without its prompt", step(1, { prompt_msgs: null })],
  ["terms", "a row to train on whose model forbids it", trajectory({ output_terms: "forbidden" })],
  ["terms", "terms that nobody knows", trajectory({ output_terms: "perhaps" })],
  [
    "imported",
    "an imported row without a licence",
    trajectory({ source: {}, license: null, trainable: false }),
  ],
  ["imported", "an imported row to train on", trajectory({ source: {}, license: "x", trainable: true })],
  ["imported", "an imported reply to train on", trajectory({ source: {}, license: "x", trainable: false })],
];

describe("the rows of one rollout", () => {
  it("hold", () => {
    expect(() => checkRollout(good)).not.toThrow();
  });
  it.each(broken)("%s: %s", (rule, _what, rows) => {
    expect(() => checkRollout(rows)).toThrow(expect.objectContaining({ name: "InvariantError", rule }));
    expect(() => checkRollout(rows)).toThrow(`row ${good.trajectory.trajectory_id}`);
  });
});

const rollouts = fixtureRecords(3).map((record) => rolloutRows(record, task, FIXTURE_RUN).trajectory);
const [first, second] = rollouts;
if (first === undefined || second === undefined) throw new Error("the fixture has rollouts");
const sets: [InvariantName, string, TrajectoryRow[]][] = [
  ["keyOrder", "a rollout twice", [first, first]],
  ["keyOrder", "out of order", [second, first]],
  ["task", "an unknown task", [{ ...first, task_id: "x" }]],
  ["task", "another family", [{ ...first, task_family: "x" }]],
  ["split", "two splits for a family", [first, { ...second, split: "test" }]],
  ["group", "an index outside the group", [{ ...first, group_index: 4 }]],
  [
    "group",
    "more members than the group has",
    [
      { ...first, group_size: 1, group_index: 0 },
      { ...second, group_id: first.group_id, group_size: 1, group_index: 0 },
    ],
  ],
];

describe("rollouts among one another", () => {
  const tasks = [taskRow(task, "anchored@1")];
  it("hold", () => {
    const check = setCheck(tasks);
    for (const row of rollouts) expect(() => check.add(row)).not.toThrow();
  });
  it.each(sets)("%s: %s", (rule, _what, rows) => {
    const check = setCheck(tasks);
    const last = rows.at(-1);
    if (last === undefined) throw new Error("no rows");
    for (const row of rows.slice(0, -1)) check.add(row);
    expect(() => check.add(last)).toThrow(expect.objectContaining({ name: "InvariantError", rule }));
  });
});

it("no rule is untested", () => {
  const tested = new Set([...broken, ...sets].map(([rule]) => rule));
  expect(INVARIANTS.filter((rule) => !tested.has(rule))).toEqual([]);
});
