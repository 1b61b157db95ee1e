// Finds out what is secret on this machine: variables whose names say so, addresses with credentials, and the files in which tools keep
// their tokens. What a pipeline names is added when it is read.
import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { canBeSecret, hasCredentials, isSecretName } from "../core/secretNames.ts";
import { createSecrets, type Secrets } from "../core/secrets.ts";
import { isRemote } from "../pipeline/modelConfig.ts";
import type { Pipeline } from "../pipeline/pipelineFile.ts";

/** A larger file is no file of tokens. */
const FILE_BYTES_MAX = 262_144;

const dockerSchema = z.looseObject({
  auths: z
    .record(
      z.string(),
      z.looseObject({
        auth: z.string().optional(),
        password: z.string().optional(),
        identitytoken: z.string().optional(),
        registrytoken: z.string().optional(),
      }),
    )
    .optional(),
});

type Environment = Readonly<Record<string, string | undefined>>;

/** What is secret in an environment and in the home folder that it names. Files that cannot be read hold nothing. */
export async function secretsOf(env: Environment): Promise<Secrets> {
  const secrets = createSecrets();
  for (const [name, value = ""] of Object.entries(env)) {
    if (hasCredentials(value) || (isSecretName(name) && canBeSecret(value))) secrets.add(name, value);
  }
  const home = env["HOME"] ?? homedir();
  const hub = env["HF_HOME"] ?? path.join(home, ".cache", "huggingface");
  const docker = path.join(env["DOCKER_CONFIG"] ?? path.join(home, ".docker"), "config.json");
  const found = await Promise.all([
    tokensIn(env["HF_TOKEN_PATH"] ?? path.join(hub, "token"), (text) => [text.trim()]),
    tokensIn(docker, dockerTokens),
    tokensIn(env["npm_config_userconfig"] ?? path.join(home, ".npmrc"), (text) =>
      matches(text, /_(?:authToken|auth|password)\s*=\s*"?([^\s"]+)/g),
    ),
    tokensIn(env["NETRC"] ?? path.join(home, ".netrc"), (text) => matches(text, /\bpassword\s+(\S+)/g)),
    tokensIn(path.join(home, ".git-credentials"), (text) => text.split("\n")),
  ]);
  for (const { name, values } of found) {
    for (const value of values) if (canBeSecret(value)) secrets.add(name, value);
  }
  return secrets;
}

/** Settings of package managers and proxies: the tools that need them are those that are started with them. */
const TOOL_SETTING = /^(?:npm_config_|pip_|(?:https?|all|ftp)_proxy$)/i;

/** An environment for programs of others: without keys, tokens and passwords, but for package managers' own. */
export function environmentWithoutSecrets(
  env: Environment,
  secrets: Secrets,
): Readonly<Record<string, string>> {
  const kept = Object.entries(env).flatMap(([name, value]) => {
    const isOut = value === undefined || (!TOOL_SETTING.test(name) && secrets.redact(value) !== value);
    return isOut ? [] : [[name, value] as const];
  });
  return Object.fromEntries(kept);
}

/** Adds the values of all variables that a pipeline names for keys: whatever they are called and however they look. */
export function addNamedSecrets(
  secrets: Secrets,
  env: (name: string) => string | undefined,
  { cells, web, notify }: Pick<Pipeline, "cells" | "web" | "notify">,
): void {
  for (const model of cells.models) {
    if (isRemote(model) && model.keyEnv !== null) secrets.add(model.keyEnv, env(model.keyEnv));
  }
  const literatureKey = web?.literature.keyEnv ?? null;
  if (literatureKey !== null) secrets.add(literatureKey, env(literatureKey));
  if (notify === null) return;
  if ("webhookEnv" in notify) {
    const url = env(notify.webhookEnv);
    secrets.add(notify.webhookEnv, url);
    // Services repeat the path without the host.
    if (url !== undefined && URL.canParse(url)) {
      const { pathname, search } = new URL(url);
      secrets.add(notify.webhookEnv, `${pathname}${search}`);
    }
  }
  if ("command" in notify) for (const name of notify.env) secrets.add(name, env(name));
}

async function tokensIn(file: string, read: (text: string) => readonly string[]) {
  const name =
    path.basename(file) === "config.json" ? "docker-config" : path.basename(file).replace(/^\./, "");
  try {
    const { size } = await stat(file);
    return { name, values: size > FILE_BYTES_MAX ? [] : read(await readFile(file, "utf8")) };
  } catch {
    // Not there, not ours to read, or nothing that its tool would read either.
    return { name, values: [] };
  }
}

function dockerTokens(text: string): readonly string[] {
  const { auths = {} } = dockerSchema.parse(JSON.parse(text));
  return Object.values(auths).flatMap(
    ({ auth = "", password = "", identitytoken = "", registrytoken = "" }) => {
      const pair = Buffer.from(auth, "base64").toString("utf8");
      return [auth, pair.slice(pair.indexOf(":") + 1), password, identitytoken, registrytoken];
    },
  );
}

function matches(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([, value = ""]) => value);
}
