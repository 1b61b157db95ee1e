// What a pipeline needs from this machine and from others: tasks, keys, prices, endpoints, images, a sandbox that holds. It asks
// endpoints what models they have, and never for a reply that costs.
import { errorText, UserError } from "../core/errors.ts";
import { checkIsolation, checkNeeds, literatureKey } from "../pipeline/checkPlan.ts";
import { isRemote } from "../pipeline/modelConfig.ts";
import type { Pipeline } from "../pipeline/pipelineFile.ts";
import type { Plan } from "../pipeline/plan.ts";
import { foldersOf, writtenOut } from "../tasks/families/taskNames.ts";
import { chooseBackend, NO_BLOBS, namedBackend } from "./backends.ts";
import { type Check, missing, ok, warn } from "./check.ts";
import { endpointChecks } from "./endpointChecks.ts";
import { planOf } from "./plan.ts";
import { inOrder, isWithoutData, openTask } from "./tasks.ts";
import { reachesWeb, unreachable } from "./web.ts";
import type { World } from "./world.ts";

/** Every check of a pipeline. It can run when none of them is missing. */
export async function pipelineChecks(world: World, pipeline: Pipeline): Promise<readonly Check[]> {
  const tasks = await inOrder(writtenOut(pipeline.cells.tasks), (id) =>
    taskCheck(world, id, pipeline.cells.absent),
  );
  const models = await Promise.all(pipeline.cells.models.map((model) => modelChecks(world, pipeline, model)));
  const checks = [...tasks, ...models.flat()];
  if (tasks.some(({ status }) => status === "missing")) return checks;
  const plan = await planOf(world, pipeline).catch((error: unknown) => asText(error));
  if (typeof plan === "string") return [...checks, missing("plan", plan, "change the pipeline file")];
  return [
    ...checks,
    planCheck(plan),
    ...(await webChecks(world, plan)),
    ...(await sandboxChecks(world, plan)),
  ];
}

async function taskCheck(world: World, id: string, absent: Pipeline["cells"]["absent"]): Promise<Check> {
  const name = `task ${id}`;
  try {
    if (await isWithoutData(world, id)) {
      const remedy = `run \`nightshift data prepare ${foldersOf([id]).join(" ")}\``;
      return absent === "leaveOut"
        ? warn(name, "its data is not prepared: it is left out", remedy)
        : missing(name, "its data is not prepared", remedy);
    }
    const { definition } = await openTask(world, id);
    return ok(name, `${definition.title} (image ${definition.image})`);
  } catch (error) {
    return missing(name, asText(error), "name another task, or mend this one's files");
  }
}

async function modelChecks(
  world: World,
  pipeline: Pipeline,
  model: Pipeline["cells"]["models"][number],
): Promise<readonly Check[]> {
  const name = `model ${model.name}`;
  if (!isRemote(model)) return [ok(name, `${model.wire}: needs no key, no price and no network`)];
  const checks: Check[] = [];
  const key = model.keyEnv === null ? null : (world.env(model.keyEnv) ?? "");
  if (key === null) checks.push(ok(`${name}: key`, "none wanted"));
  else if (key !== "") checks.push(ok(`${name}: key`, `${model.keyEnv} is set`));
  else {
    const remedy = `export ${model.keyEnv}=…, or set keyEnv: null for a server without keys`;
    checks.push(missing(`${name}: key`, `${model.keyEnv} is not set`, remedy));
  }
  const limit = pipeline.budgets.usd ?? pipeline.limits.costUsd ?? null;
  if (model.price !== null) checks.push(ok(`${name}: price`, "given"));
  else if (limit === null) checks.push(ok(`${name}: price`, "none, and no limit in dollars"));
  else {
    const remedy = "give the model a price, or take the limit in dollars out";
    checks.push(missing(`${name}: price`, `none, but there is a limit of $${limit}`, remedy));
  }
  return [...checks, ...(await endpointChecks(name, model, key === "" ? null : key))];
}

/** What the plan's own rules say. Keys and prices have lines of their own, and are taken as given here. */
function planCheck(plan: Plan): Check {
  const limits = { ...plan.pipeline.limits, costUsd: undefined };
  const pipeline = { ...plan.pipeline, limits, budgets: { ...plan.pipeline.budgets, usd: null } };
  try {
    checkNeeds({ ...plan, pipeline }, () => "given");
    const seeds = plan.cells.reduce((sum, { demand }) => sum + demand.rolloutsMax, 0);
    return ok("plan", `${plan.cells.length} cells, at most ${seeds} rollouts`);
  } catch (error) {
    return missing("plan", asText(error), "change the pipeline file");
  }
}

/** Whether what agents may reach of the web is set up, and is found from here; nothing where none has a tool for it. */
async function webChecks(world: World, { pipeline: { web }, cells }: Plan): Promise<readonly Check[]> {
  if (web === null || !reachesWeb(cells.flatMap(({ tools }) => tools))) return [];
  const { keyEnv, baseUrl } = web.literature;
  const remedy =
    "agents are told that it cannot be reached; check this machine's name servers, or take the host out";
  const found = await Promise.all(
    [new URL(baseUrl).host, ...web.hosts].map(async (host) => {
      const fault = await unreachable(host);
      return fault === null
        ? ok(`web ${host}`, "resolves to public addresses")
        : warn(`web ${host}`, fault, remedy);
    }),
  );
  try {
    literatureKey(web, world.env);
    return [ok("web: key", keyEnv === null ? "none is sent" : `${keyEnv} is set`), ...found];
  } catch (error) {
    return [missing("web: key", ...split(asText(error))), ...found];
  }
}

async function sandboxChecks(world: World, plan: Plan): Promise<readonly Check[]> {
  const { sandbox } = plan.pipeline;
  const { name, insteadOf } = await chooseBackend(world, sandbox);
  const backend = namedBackend(world, name, sandbox.docker, NO_BLOBS);
  const title = sandbox.backend === "auto" ? `sandbox ${name} (auto)` : `sandbox ${name}`;
  try {
    const capabilities = await backend.probe();
    const checks = [ok(title, insteadOf === null ? "works here" : `works here; ${insteadOf}`)];
    for (const image of new Set(plan.cells.map(({ task }) => task.definition.image))) {
      try {
        const checked = await backend.checkImage(image);
        checks.push(ok(`image ${image}`, checked.digest));
        checkIsolation(plan, checked.capabilities ?? capabilities);
      } catch (error) {
        const [what, remedy] = split(asText(error));
        checks.push(missing(`image ${image}`, what, remedy));
      }
    }
    return checks;
  } catch (error) {
    const [what, remedy] = split(asText(error));
    return [missing(title, what, remedy)];
  } finally {
    await backend.close();
  }
}

/** Our sentences say what is wrong, then what to do. */
function split(sentence: string): readonly [string, string] {
  const at = sentence.lastIndexOf("; ");
  return at < 0 ? [sentence, "see `nightshift doctor`"] : [sentence.slice(0, at), sentence.slice(at + 2)];
}

function asText(error: unknown): string {
  return error instanceof UserError ? error.message : errorText(error);
}
