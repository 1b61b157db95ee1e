// The folder by which Harbor describes a task (schema 1.4), as far as a task of ours is made of it, or written as one. Unknown keys are not read.
import { z } from "zod";
import { taskDefinitionSchema } from "../../core/task.ts";

export const HARBOR_SCHEMA_VERSION = "1.4";
/** Where an export keeps solutions that Harbor has no use for, by name. */
export const OTHER_SOLUTIONS = "solution/others";

const UNIT_MB: ReadonlyMap<string, number> = new Map([
  ["K", 1 / 1024],
  ["M", 1],
  ["G", 1024],
  ["T", 1024 * 1024],
]);
/** Sizes of older files are texts such as `2G`. */
const sizeMb = z.union([
  z.number().positive(),
  z
    .string()
    .regex(/^\d+(?:\.\d+)?[KMGT]i?B?$/i, "must be a size such as 512M or 2G")
    .transform((text) => {
      const unit = /[KMGT]/i.exec(text)?.[0].toUpperCase() ?? "M";
      return Number.parseFloat(text) * (UNIT_MB.get(unit) ?? 1);
    }),
]);

/** What an exported task keeps of its own in `[metadata.nightshift]`: enough to be the same task when it comes back. */
export const keptSchema = taskDefinitionSchema
  .pick({
    title: true,
    domain: true,
    family: true,
    tags: true,
    licence: true,
    metric: true,
    anchors: true,
    sigma: true,
    use: true,
    image: true,
    limits: true,
    resources: true,
    submission: true,
    make: true,
  })
  .extend({ id: z.string(), notTrainable: z.string().nullable() });
export type Kept = z.infer<typeof keptSchema>;

const environmentSchema = z.object({
  docker_image: z.string().optional(),
  os: z.string().default("linux"),
  cpus: z.number().positive().optional(),
  memory_mb: z.number().positive().optional(),
  memory: sizeMb.optional(),
  storage_mb: z.number().positive().optional(),
  storage: sizeMb.optional(),
  gpus: z.int().nonnegative().optional(),
  network_mode: z.string().optional(),
  allow_internet: z.boolean().optional(),
  workdir: z.string().optional(),
  env: z.record(z.string(), z.string()).default({}),
  mcp_servers: z.array(z.unknown()).default([]),
  healthcheck: z.unknown().optional(),
  skills_dir: z.string().optional(),
});

export const taskTomlSchema = z.object({
  schema_version: z.string().optional(),
  version: z.string().optional(),
  artifacts: z
    .array(z.union([z.string(), z.object({ source: z.string(), service: z.string().optional() })]))
    .default([]),
  steps: z.array(z.unknown()).default([]),
  task: z
    .object({
      name: z.string().optional(),
      description: z.string().default(""),
      keywords: z.array(z.string()).default([]),
    })
    .default({ description: "", keywords: [] }),
  metadata: z.record(z.string(), z.unknown()).default({}),
  agent: z
    .object({ timeout_sec: z.number().positive().optional(), user: z.unknown().optional() })
    .default({}),
  verifier: z
    .object({
      timeout_sec: z.number().positive().default(600),
      env: z.record(z.string(), z.string()).default({}),
      environment_mode: z.string().optional(),
      environment: z.unknown().optional(),
      collect: z.array(z.unknown()).default([]),
    })
    .default({ timeout_sec: 600, env: {}, collect: [] }),
  environment: environmentSchema.default(environmentSchema.parse({})),
  solution: z.object({ env: z.record(z.string(), z.string()).default({}) }).default({ env: {} }),
});
export type TaskToml = z.infer<typeof taskTomlSchema>;

/** What an imported task keeps for its judge: hidden/harbor/settings.json. */
export const harborSettingsSchema = z.strictObject({
  /** The agent's folder in Harbor's container. */
  workdir: z.string(),
  /** Seconds that the tests may take. */
  seconds: z.number().positive(),
  env: z.record(z.string(), z.string()),
  /** The reward that is the score; the others are metrics. */
  reward: z.string(),
  /** All files below hidden/harbor/, for the room of the tests. */
  files: z.array(z.string()),
});
export type HarborSettings = z.infer<typeof harborSettingsSchema>;
