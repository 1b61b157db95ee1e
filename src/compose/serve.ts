// Puts a service together: the tasks of a pipeline as episodes and rollouts over HTTP and WebSockets, with all checks made before it listens.
import { randomBytes, randomUUID } from "node:crypto";
import { UserError } from "../core/errors.ts";
import type { Pipeline } from "../pipeline/pipelineFile.ts";
import { readPipelineText } from "../pipeline/readPipeline.ts";
import { STEP_REWARD_NAMES, type StepRewardName } from "../rewards/stepReward.ts";
import { takingTurns } from "../sandbox/takingTurns.ts";
import { isLoopback, TOKEN_CHARS_MIN } from "../serve/guard.ts";
import { startService } from "../serve/service.ts";
import { NO_BLOBS, namedBackend } from "./backends.ts";
import { type AllowedEndpoint, readAllowed } from "./endpoints.ts";
import { openGames } from "./games.ts";
import { groundShared } from "./ground.ts";
import { checkPlan } from "./place.ts";
import { planOf, readPipeline } from "./plan.ts";
import { rolloutPlayer } from "./servedRollouts.ts";
import { webOf } from "./web.ts";
import type { World } from "./world.ts";

export interface ServeOptions {
  /** A pipeline file: its tasks, agents, limits, sandbox, concurrency and judge seeds are what is served. Null: `tasks` alone. */
  readonly file: string | null;
  /** In place of the file's. */
  readonly tasks: readonly string[];
  /** `key=value` over the file. */
  readonly settings: readonly string[];
  readonly host: string;
  readonly port: number;
  /** Name of the variable with the token; null: one is made where one is needed. */
  readonly tokenEnv: string | null;
  /** Each `URL` or `URL=KEY_VARIABLE`. */
  readonly endpoints: readonly string[];
  readonly sessionsMax: number;
  readonly requestsMax: number;
  readonly sessionIdleSecondsMax: number;
  /** The reward of a session's steps. */
  readonly reward: string;
}

/** Contract: dispose it; that stops rollouts and sessions, and removes their sandboxes. */
export interface Served extends AsyncDisposable {
  readonly url: string;
  /** The token that was made for this server, to be shown once; null: it has one of the user's, or none. */
  readonly madeToken: string | null;
  readonly pipeline: Pipeline;
  readonly backend: string;
}

const RUN_ID_BYTES = 6;
const TOKEN_BYTES = 32;
/**
 * Whoever plays is not known before a request comes: what is checked at the start is checked for a model that nothing is known of, so
 * sandboxes must hold a real one.
 */
const CLIENT = {
  name: "client",
  wire: "openai",
  model: "client",
  baseUrls: ["http://127.0.0.1:9/v1"],
  reasoningField: "reasoning_content",
  price: { inputPerMillion: 0, outputPerMillion: 0 },
};

/** Starts listening. Throws UserError for what cannot be served, before anything is bound. */
export async function serve(world: World, options: ServeOptions): Promise<Served> {
  const reward = stepRewardNamed(options.reward);
  const { token, madeToken } = tokenOf(world, options);
  const endpoints = endpointsOf(options);
  const pipeline = await pipelineOf(options);
  const plan = await planOf(world, pipeline);
  const place = await checkPlan(world, plan);
  const { concurrency, sandbox } = pipeline;
  const shared = { ...groundShared(world, concurrency.evaluations), web: webOf(world, plan) };
  const { turns, evaluations, web } = shared;
  const runId = `nightshift-serve-${randomBytes(RUN_ID_BYTES).toString("hex")}`;
  await using opened = new AsyncDisposableStack();
  const backend = takingTurns(namedBackend(world, place.choice.name, sandbox.docker, NO_BLOBS), turns);
  opened.defer(() => backend.close());
  opened.defer(async () => void (await backend.sweep({ runId })));
  const [agent] = pipeline.cells.agents;
  const cells = plan.cells.filter(({ cell }) => cell.agent.name === agent?.name);
  const games = opened.use(openGames(world, { pipeline, cells, shared, reward }));
  const ground = { pipeline, place, backend, turns, evaluations, runId, web, endpoints };
  const { clock, log, codeVersion: version } = world;
  const service = opened.use(
    await startService({
      host: options.host,
      port: options.port,
      token,
      games,
      player: rolloutPlayer(world, ground),
      sessionsMax: options.sessionsMax,
      sessionIdleMsMax: options.sessionIdleSecondsMax * 1000,
      requestsMax: options.requestsMax,
      rolloutsMax: concurrency.rollouts,
      version,
      clock,
      log,
      newId: () => randomUUID(),
    }).catch((error: unknown) => {
      throw cannotListen(options, error);
    }),
  );
  const parts = opened.move();
  return {
    url: service.url,
    madeToken,
    pipeline,
    backend: place.choice.name,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** The file's pipeline, or one of the tasks alone; who plays is left to requests. */
async function pipelineOf({ file, tasks, settings }: ServeOptions): Promise<Pipeline> {
  if (file === null && tasks.length === 0)
    throw new UserError("nothing to serve: give a pipeline file, or --task with the name of a task");
  const chosen = tasks.length === 0 ? [] : [`cells.tasks=${JSON.stringify(tasks)}`];
  const read =
    file === null ? alone(tasks, settings) : (await readPipeline(file, [...settings, ...chosen])).pipeline;
  const { cells, rollouts, budgets } = alone(read.cells.tasks, []);
  const { models, sampling } = cells;
  const stages = { ...read.stages, export: [] };
  return { ...read, cells: { ...read.cells, models, sampling }, rollouts, budgets, notify: null, stages };
}

/** A pipeline of tasks and nothing else, that nobody in particular plays. */
function alone(tasks: readonly string[], settings: readonly string[]): Pipeline {
  const text = { name: "serve", cells: { tasks, models: [CLIENT] }, rollouts: { perCell: 1 }, stages: {} };
  return readPipelineText(JSON.stringify(text), "--task", settings);
}

function stepRewardNamed(name: string): StepRewardName {
  const found = STEP_REWARD_NAMES.find((known) => known === name);
  if (found !== undefined) return found;
  throw new UserError(
    `--reward ${name}: there is no such step reward; there are ${STEP_REWARD_NAMES.join(", ")}`,
  );
}

/** Beyond loopback nobody gets in without a token; one is made where the user gives none. */
function tokenOf(world: World, { host, tokenEnv }: ServeOptions) {
  if (tokenEnv === null) {
    const made = isLoopback(host) ? null : randomBytes(TOKEN_BYTES).toString("base64url");
    return { token: made, madeToken: made };
  }
  const token = world.env(tokenEnv);
  if (token === undefined || token.length < TOKEN_CHARS_MIN || !/^[\x21-\x7e]+$/.test(token)) {
    throw new UserError(
      `--token-env ${tokenEnv}: the variable must hold a token of at least ${TOKEN_CHARS_MIN} characters without spaces; export one, or leave the option out to have one made`,
    );
  }
  return { token, madeToken: null };
}

/** Who reaches this machine's loopback can call any address from it anyway; nobody else may choose what it calls. */
function endpointsOf({ host, endpoints }: ServeOptions): readonly AllowedEndpoint[] | null {
  return endpoints.length === 0 && isLoopback(host) ? null : endpoints.map(readAllowed);
}

function cannotListen({ host, port }: ServeOptions, error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  const remedy =
    error.code === "EADDRINUSE"
      ? "another program listens there; choose another --port, or 0 for any"
      : "choose a --host of this machine and a --port that you may use";
  return new UserError(`cannot listen on ${host}:${port} (${error.code}): ${remedy}`, { cause: error });
}
