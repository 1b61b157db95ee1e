// Picks the sandbox backend, and checks before anything is spent that it can carry a plan.
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { BlobStore, Capabilities, SandboxBackend } from "../core/sandbox.ts";
import { checkIsolation, checkNeeds } from "../pipeline/checkPlan.ts";
import type { Pipeline } from "../pipeline/pipelineFile.ts";
import type { Plan } from "../pipeline/plan.ts";
import { dockerBackend } from "../sandbox/docker/docker.ts";
import { processBackend } from "../sandbox/process.ts";
import { modelOf } from "./models.ts";
import type { World } from "./world.ts";

const SYSTEM_PYTHON = "/usr/bin/python3";
const DOCKER_SOCKET = "/var/run/docker.sock";

/** The system's own Python where there is one: sandboxes run as other users, who may not enter a home folder. */
function systemPython(): string {
  return existsSync(SYSTEM_PYTHON) ? SYSTEM_PYTHON : "python3";
}

/** Where a plan's sandboxes will be, found fit for it. */
export interface Place {
  readonly capabilities: Capabilities;
  readonly imageDigests: ReadonlyMap<string, string>;
}

const NO_BLOBS: BlobStore = {
  put: () => Promise.reject(new Error("no blob store is open")),
  get: () => Promise.reject(new Error("no blob store is open")),
  has: () => Promise.resolve(false),
};

/** The backend that a pipeline names. */
export function backendOf(
  world: World,
  pipeline: Pick<Pipeline, "sandbox">,
  blobs: BlobStore,
): SandboxBackend {
  const shared = { blobs, clock: world.clock, log: world.log };
  switch (pipeline.sandbox.backend) {
    case "process":
      return processBackend({
        ...shared,
        root: tmpdir(),
        python: world.env("NIGHTSHIFT_PYTHON") ?? systemPython(),
      });
    case "docker":
      return dockerBackend({
        ...shared,
        name: "local",
        connection: { socketPath: world.env("NIGHTSHIFT_DOCKER_SOCKET") ?? DOCKER_SOCKET },
        socketRoot: path.join(tmpdir(), "nightshift"),
      });
    default:
      return pipeline.sandbox.backend satisfies never;
  }
}

/** Checks everything that a run of the plan would need. Throws UserError; spends and writes nothing. */
export async function checkPlan(world: World, plan: Plan): Promise<Place> {
  checkNeeds(plan, world.env);
  const backend = backendOf(world, plan.pipeline, NO_BLOBS);
  const capabilities = await backend.probe();
  checkIsolation(plan, capabilities);
  const imageDigests = new Map<string, string>();
  for (const image of new Set(plan.cells.map(({ task }) => task.definition.image))) {
    imageDigests.set(image, (await backend.checkImage(image)).digest);
  }
  for (const config of plan.pipeline.cells.models) modelOf(world, config);
  return { capabilities, imageDigests };
}
