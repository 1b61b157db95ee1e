// One seeded agent plays one task through the Gym, through a session of a server, and through a pipeline: the same actions, observations,
// validations, ending, submission and scores. And the pipeline's run, replayed, once more.

import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { loadPrompts } from "../../src/agent/prompts.ts";
import { observationText } from "../../src/agent/wording.ts";
import { createWorld } from "../../src/compose/world.ts";
import { validationSchema } from "../../src/core/env.ts";
import { prng } from "../../src/core/prng.ts";
import type { Trajectory } from "../../src/core/trajectory.ts";
import { checkPlan, Gym, openPlannedRun, planOf } from "../../src/index.ts";
import { readPipelineText } from "../../src/pipeline/readPipeline.ts";
import { readRun } from "../../src/store/readRun.ts";
import { parseCommand } from "../../src/tools/parseCommand.ts";
import { toolset } from "../../src/tools/toolset.ts";
import { askRollouts, connect, removeScratch, startServe } from "./live.ts";

const TASK = "dilemma-games/0";
const SEED = 0;
const LIMITS = { steps: 20, validations: 4 };
const SEEDS = 2;
const STRATEGIES_MAX = 3;

/** What is told of a step on every door. */
interface Told {
  readonly command: string;
  readonly text: string;
  readonly state: { readonly openFile: string | null; readonly cwd: string };
  readonly actionError: string | null;
  readonly exitCode: number | null;
  readonly validation: z.infer<typeof validationSchema> | null;
}

/** The agent: looks, errs once, then writes strategies by its seed's dice until one is better than the baseline. It keeps nothing but what it read. */
function nextCommand(seed: number, seen: readonly string[]): string {
  const opening = [
    "ls",
    "edit 1:2\nno end",
    "open strategy.py",
    "python3 -c 'import sys; sys.exit(3)'",
    "cd / && pwd",
  ];
  const first = opening[seen.length - 1];
  if (first !== undefined) return first;
  const tried = seen.filter((text) => text.includes("Baseline (the starter files)")).length;
  const last = seen.at(-1) ?? "";
  if (tried >= STRATEGIES_MAX || (tried > 1 && last.includes("Better than the baseline"))) return "submit";
  if (last.includes("written")) return "validate";
  const dice = prng(seed * 1_000 + tried);
  const [first0, after] = [dice.below(2), dice.next().toFixed(3)];
  return [
    "cat > /work/strategy.py <<'END'",
    "import random",
    "def row_strategy(history):",
    `    if not history: return ${first0}`,
    `    return 1 if random.random() < ${after} else history[-1][1]`,
    "END",
    "echo written",
  ].join("\n");
}

/** The same as a native call; the one that errs lacks its arguments. */
function nextCall(seed: number, seen: readonly string[]): { tool: string; arguments: object } {
  const parsed = parseCommand(toolset, nextCommand(seed, seen));
  return typeof parsed === "string" ? { tool: "edit", arguments: {} } : parsed;
}

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "nightshift-one-agent-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await removeScratch();
});

async function throughGym() {
  await using gym = await Gym.open({ task: TASK, limits: LIMITS, sandbox: { backend: "process" } });
  const [opening] = await gym.reset({ seed: SEED });
  const seen = [opening.text];
  const told: Told[] = [];
  const rewards: (number | null)[] = [];
  for (;;) {
    const command = nextCommand(SEED, seen);
    const [{ text, state }, reward, terminated, truncated, info] = await gym.step(command);
    const { actionError, exitCode, validation } = info;
    told.push({
      command,
      text,
      state: { openFile: state.openFile, cwd: state.cwd },
      actionError,
      exitCode,
      validation,
    });
    rewards.push(reward);
    seen.push(text);
    if (!terminated && !truncated) continue;
    const { score } = await gym.evaluate({ seeds: SEEDS });
    const evaluations = score.kind === "scored" ? score.evaluations : [];
    return {
      first: opening.text,
      told,
      rewards,
      ending: info.ending,
      submission: info.submission,
      scores: scoresOf(evaluations),
    };
  }
}

const sentSchema = z.object({
  observation: z.looseObject({
    text: z.string(),
    cwd: z.string(),
    open_file: z.string().nullable(),
    info: z.looseObject({
      actionError: z.string().nullable().optional(),
      exitCode: z.number().nullable().optional(),
      validation: validationSchema.nullable().optional(),
      ending: z.unknown().optional(),
      submission: z.string().nullable().optional(),
    }),
  }),
  reward: z.number().nullable(),
  done: z.boolean(),
});

const limitSettings = Object.entries(LIMITS).map(([name, value]) => `limits.${name}=${value}`);

async function throughServe() {
  await using server = await startServe({ tasks: [TASK], settings: limitSettings });
  const client = await connect(server.url);
  const opening = sentSchema.parse((await client.ask({ type: "reset", data: { seed: SEED } })).data);
  const seen = [opening.observation.text];
  const told: Told[] = [];
  const rewards: (number | null)[] = [];
  for (;;) {
    const command = nextCommand(SEED, seen);
    const answer = await client.ask({ type: "step", data: { command } });
    const { observation, reward, done } = sentSchema.parse(answer.data);
    const { text, open_file: openFile, cwd, info } = observation;
    const { actionError = null, exitCode = null, validation = null } = info;
    told.push({ command, text, state: { openFile, cwd }, actionError, exitCode, validation });
    rewards.push(reward);
    seen.push(text);
    if (done) return { first: seen[0], told, rewards, ending: info.ending, submission: info.submission };
  }
}

const sampleSchema = z.looseObject({
  rollout_key: z.string(),
  outcome: z.string(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.string() })),
  evaluation: z.looseObject({ seeds: z.array(z.looseObject({ seed: z.number(), score: z.number() })) }),
});

/** What a trainer gets that names the agent's address. */
async function throughRollouts(baseUrl: string) {
  await using server = await startServe({ tasks: [TASK], settings: limitSettings });
  const endpoint = { baseUrl, model: "agent" };
  const asked = await askRollouts(server.url, {
    endpoint,
    agent: { name: "one", scaffold: "fenced" },
    evaluationSeeds: SEEDS,
  });
  return sampleSchema.parse((await asked.all()).find(({ kind }) => kind === "rollout"));
}

/** The agent behind an address that speaks chat completions: it reads the conversation that it is sent, and no more. */
async function serveAgent() {
  const requestSchema = z.looseObject({
    messages: z.array(z.looseObject({ role: z.string(), content: z.string().nullish() })),
    tools: z.array(z.unknown()).optional(),
  });
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const { messages, tools } = requestSchema.parse(JSON.parse(body));
    const told = messages.filter(({ role }) => role === "user" || role === "tool");
    const seen = told.map(({ content }) => content ?? "");
    const { tool: name, arguments: args } = nextCall(SEED, seen);
    const call = { name, arguments: JSON.stringify(args) };
    const calls = [{ id: `call_${seen.length}`, type: "function", function: call }];
    const content = `Next.\n\n\`\`\`\n${nextCommand(SEED, seen)}\n\`\`\``;
    const message =
      tools === undefined
        ? { role: "assistant", content }
        : { role: "assistant", content: "Next.", tool_calls: calls };
    const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
    const reply = { id: "1", object: "chat.completion", created: 1, model: "agent", usage };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ ...reply, choices: [{ index: 0, message, finish_reason: "stop" }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP port was given");
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function throughPipeline(name: string, model: string, scaffold = "fenced") {
  const world = await createWorld();
  const text = `name: ${name}
cells: { tasks: [${TASK}], models: [${model}], agents: [{ name: one, scaffold: ${scaffold} }] }
rollouts: { perCell: 1 }
limits: ${JSON.stringify(LIMITS)}
sandbox: { backend: process, unsafe: true }
stages: { evaluate: { seeds: ${SEEDS} } }
`;
  const plan = await planOf(world, readPipelineText(text, `${name}.yaml`, []));
  const directory = path.join(folder, name);
  const place = await checkPlan(world, plan);
  const run = await openPlannedRun(world, { directory, plan, place, create: { text } });
  try {
    expect(await run.play(new AbortController().signal)).toBe("played");
  } finally {
    await run.close();
  }
  const reader = await readRun(directory);
  const [rollout] = reader.state.rollouts.values();
  if (rollout?.archive == null) throw new Error("the rollout was not archived");
  return {
    trajectory: await reader.archive.read(rollout.archive),
    scores: scoresOf([...reader.state.evaluations.values()].filter(({ phase }) => phase === "record")),
  };
}

const scoresOf = (evaluations: readonly { key: string; kind: string; seed: number; score?: number }[]) =>
  evaluations
    .map(({ key, kind, seed, score }) => ({ key, kind, seed, score }))
    .sort((a, b) => a.seed - b.seed);

/** A step of a trajectory as the other doors tell it, and the words that its agent was sent. */
function toldOf({ steps, pool }: Trajectory) {
  return steps.map(({ actions, formatError, complaint, response }) => {
    const [action] = actions;
    const at = action?.result?.message ?? complaint;
    const reply = pool[response]?.message.content ?? "";
    return {
      command: action?.text ?? /```\n([\s\S]*)\n```$/.exec(reply)?.[1] ?? "",
      actionError: formatError,
      exitCode: action?.result?.exitCode ?? null,
      validation: action?.result?.validation ?? null,
      sent: at === null || at === undefined ? null : (pool[at]?.message.content ?? ""),
    };
  });
}

it("plays the same trajectory through every door", { timeout: 300_000 }, async () => {
  const gym = await throughGym();
  expect(gym.told.length).toBeGreaterThan(8);
  expect(gym.ending).toEqual({ kind: "submitted" });
  expect(gym.scores).toHaveLength(SEEDS);
  expect(gym.told.filter(({ actionError }) => actionError !== null)).toHaveLength(1);

  const { scores: _scores, ...played } = gym;
  expect(await throughServe()).toEqual(played);

  await using agent = await serveAgent();
  const pipeline = await throughPipeline(
    "one",
    `{ name: agent, wire: openai, model: agent, baseUrls: [${agent.url}] }`,
  );
  const prompts = await loadPrompts();
  const wanted = gym.told.map(({ text, state, ...step }, index) => {
    const budget = { step: index + 1, stepsMax: LIMITS.steps };
    const isLast = index === gym.told.length - 1;
    const { actionError, command, exitCode, validation } = step;
    const observation = { text, state: { ...state, firstLine: 1 } };
    const sent = isLast
      ? null
      : actionError === null
        ? observationText(prompts, observation, budget)
        : expect.stringContaining(actionError);
    return { command, actionError, exitCode, validation, sent };
  });
  expect(toldOf(pipeline.trajectory)).toEqual(wanted);
  expect(pipeline.trajectory.pool[1]?.message.content).toContain(gym.first);
  expect(pipeline.trajectory.outcome).toEqual(gym.ending);
  expect(pipeline.trajectory.finalSubmission).toBe(gym.submission);
  expect(pipeline.scores).toEqual(gym.scores);

  const sample = await throughRollouts(agent.url);
  expect(sample).toMatchObject({ rollout_key: pipeline.trajectory.key, outcome: "submitted" });
  const words = ({ role, content }: { role: string; content: string }) => ({ role, content });
  expect(sample.messages.map(words)).toEqual(pipeline.trajectory.pool.map(({ message }) => words(message)));
  expect(sample.evaluation.seeds.map(({ seed, score }) => ({ seed, score }))).toEqual(
    pipeline.scores.map(({ seed, score }) => ({ seed, score })),
  );

  const again = await throughPipeline(
    "again",
    `{ name: again, wire: replay, run: ${path.join(folder, "one")} }`,
  );
  expect(toldOf(again.trajectory)).toEqual(wanted);
  expect(again.trajectory.pool).toEqual(pipeline.trajectory.pool);
  expect(again.scores).toEqual(gym.scores);
});

it("plays the same by native calls, and once more in a replay of them", { timeout: 300_000 }, async () => {
  await using gym = await Gym.open({ task: TASK, limits: LIMITS, sandbox: { backend: "process" } });
  const [opening] = await gym.reset({ seed: SEED });
  const seen = [opening.text];
  const wanted: object[] = [];
  let last: Awaited<ReturnType<typeof gym.step>>;
  do {
    const action = { id: `call_${seen.length}`, ...nextCall(SEED, seen) };
    last = await gym.step({ ...action, arguments: JSON.stringify(action.arguments) });
    const [{ text }, , , , { actionError, exitCode, validation, ending }] = last;
    const sent = ending === null ? expect.stringContaining(text) : null;
    wanted.push({ tool: action.tool, callId: action.id, actionError, exitCode, validation, sent });
    seen.push(text);
  } while (!last[2] && !last[3]);
  expect(wanted.filter((step) => "actionError" in step && step.actionError !== null)).toHaveLength(1);

  await using agent = await serveAgent();
  const model = `{ name: agent, wire: openai, model: agent, baseUrls: [${agent.url}] }`;
  const pipeline = await throughPipeline("native", model, "native");
  const { steps, pool, outcome, finalSubmission } = pipeline.trajectory;
  const told = steps.flatMap(({ actions }) =>
    actions.map(({ tool, callId, error, result }) => ({
      ...{ tool, callId, actionError: error },
      exitCode: result?.exitCode ?? null,
      validation: result?.validation ?? null,
      sent: pool[result?.message ?? -1]?.message.content ?? null,
    })),
  );
  expect(told).toEqual(wanted);
  expect([outcome, finalSubmission]).toEqual([last[4].ending, last[4].submission]);

  const replay = `{ name: again, wire: replay, run: ${path.join(folder, "native")} }`;
  const again = await throughPipeline("again-native", replay, "native");
  expect(again.trajectory.pool).toEqual(pool);
  expect(again.scores).toEqual(pipeline.scores);
});
