// The trainers' adapters against a live server and the LLM double. TRL's trainer and verl's base class are stubs here: what is tested is that
// the adapters speak with the server and give what those packages read.
import { execFile } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { type Double, startDouble } from "../../scripts/bench/startDouble.ts";
import { leftovers, removeScratch, startServe, TASK, until } from "./live.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples/trainers/", import.meta.url));
const STUBS = fileURLToPath(new URL("./stubs/", import.meta.url));
const RUN_MS_MAX = 50_000;

let double: Double;
beforeEach(async () => {
  double = await startDouble({ "latency-ms": 5, steps: 3, tokens: 1 });
});
afterEach(async () => {
  await double[Symbol.asyncDispose]();
});
afterAll(removeScratch);

/** Runs a Python program that prints JSON. */
async function python(program: string, ...args: readonly string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)("python3", ["-c", program, ...args], {
    env: { ...process.env, PYTHONPATH: [EXAMPLES, STUBS].join(path.delimiter), PYTHONDONTWRITEBYTECODE: "1" },
    timeout: RUN_MS_MAX,
    maxBuffer: 64 * 1_048_576,
  });
  return JSON.parse(stdout);
}

const ids = z.array(z.int());

const TRL = `
import json, sys
from types import SimpleNamespace as Some
from trl_rollout import endpoint, nightshift_reward, nightshift_rollout_func
rollout = nightshift_rollout_func(sys.argv[1], endpoint(sys.argv[2], "policy"), limits={"steps": 10})
trainer = Some(state=Some(global_step=5), accelerator=Some(num_processes=2, process_index=1), processing_class=Some(pad_token_id=0))
task = sys.argv[3]
output = rollout([task, [{"role": "user", "content": task}]], trainer)
extra = {key: value for key, value in output.items() if key not in ("prompt_ids", "completion_ids", "logprobs", "env_mask")}
print(json.dumps({**output, "rewards": nightshift_reward(completions=[], **extra)}))
`;

it("gives TRL's GRPOTrainer one judged completion for each prompt", async () => {
  await using server = await startServe();
  const schema = z.object({
    prompt_ids: z.array(ids).length(2),
    completion_ids: z.array(ids).length(2),
    env_mask: z.array(ids).length(2),
    logprobs: z.array(z.array(z.number())).length(2),
    rewards: z.array(z.number()).length(2),
    nightshift_keys: z.array(z.string()).length(2),
  });
  const output = schema.parse(await python(TRL, server.url, double.baseUrl, TASK));
  expect(new Set(output.nightshift_keys).size).toBe(2);
  for (const [at, completion] of output.completion_ids.entries()) {
    expect(output.prompt_ids[at]?.length).toBeGreaterThan(0);
    expect(output.env_mask[at]).toHaveLength(completion.length);
    expect(output.logprobs[at]).toHaveLength(completion.length);
    expect(new Set(output.env_mask[at])).toEqual(new Set([0, 1]));
  }
});

const VERL = `
import asyncio, dataclasses, json, sys
from types import SimpleNamespace as Some
from verl.experimental.agent_loop.agent_loop import registered
import verl_agent_loop
config = Some(actor_rollout_ref=Some(rollout=Some(response_length=100)))
given = dict(trainer_config=Some(config=config), server_manager=None, tokenizer=None, processor=None, dataset_cls=None, data_config=None)
endpoint = {"baseUrl": sys.argv[2], "model": "policy"}
loop = registered["nightshift"](**given, tools=None, serve_url=sys.argv[1], endpoint=endpoint)
output = asyncio.run(loop.run({"temperature": 1.0, "top_p": 1.0, "top_k": -1, "logprobs": True}, raw_prompt=[], extra_info={"task": sys.argv[3], "seed": 4}))
print(json.dumps(dataclasses.asdict(output)))
`;

it("gives verl's agent loop one judged output within its response length", async () => {
  await using server = await startServe();
  const schema = z.object({
    prompt_ids: ids.min(1),
    response_ids: ids.length(100),
    response_mask: ids.length(100),
    response_logprobs: z.array(z.number()).length(100),
    reward_score: z.number(),
    num_turns: z.literal(7),
  });
  schema.parse(await python(VERL, server.url, double.baseUrl, TASK));
});

const LEAVES = `
import json, sys
from nightshift_rollouts import endpoint, rollouts
request = {"seeds": 50, "endpoint": endpoint(sys.argv[2], "policy"), "concurrency": 2}
for line in rollouts(sys.argv[1], request):
    break
try:
    list(rollouts(sys.argv[1], {**request, "tasks": ["no-such-task"]}))
except RuntimeError as error:
    print(json.dumps(str(error)))
`;

it("stops what it leaves, and repeats the server's own sentence", async () => {
  await using server = await startServe();
  expect(await python(LEAVES, server.url, double.baseUrl)).toContain("no-such-task");
  await until(async () => (await leftovers()).length === 0);
  expect((await double.stats())["submits"]).toBeLessThan(50);
});
