// `push` with the real world: token, endpoint and secrets of this machine.
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { UserError } from "../core/errors.ts";
import type { Allowance } from "../dataset/manifest.ts";
import { hubRepository } from "../hub/hub.ts";
import { type Pushed, pushFolder } from "../hub/push.ts";
import { type PushFolder, readPushFolder } from "../hub/pushFolder.ts";
import { screenFolder } from "../hub/screen.ts";
import type { World } from "./world.ts";

export interface PushRequest {
  readonly dir: string;
  readonly name: string;
  readonly allow: readonly Allowance[];
  readonly isPublic: boolean;
  readonly isDry: boolean;
  readonly endpoint: string | null;
}

/** Screens a folder and pushes it; a dry run sends nothing and needs no token. */
export async function push(
  world: World,
  request: PushRequest,
  signal: AbortSignal,
): Promise<{ readonly folder: PushFolder; readonly pushed: Pushed | null }> {
  if (!/^[\w.-]+\/[\w.-]+$/.test(request.name))
    throw new UserError(`${request.name}: a repository is named ORG/NAME`);
  const endpoint = request.endpoint ?? world.env("HF_ENDPOINT") ?? null;
  if (endpoint !== null && !/^https?:\/\//.test(endpoint))
    throw new UserError(`endpoint ${endpoint}: not an http or https address`);
  const token = request.isDry ? null : await tokenOf(world);
  world.secrets.add("HF_TOKEN", token);
  const folder = await readPushFolder(request.dir, signal);
  await screenFolder(folder, request.allow, world.secrets, signal);
  if (token === null) return { folder, pushed: null };
  const { sleep } = world.clock;
  const hub = await hubRepository({
    name: request.name,
    token,
    endpoint: endpoint?.replace(/\/+$/, "") ?? null,
    signal,
    sleep,
  });
  const visibility = request.isPublic ? "public" : "private";
  const pushed = await pushFolder(folder, request.name, hub, {
    visibility,
    signal,
    sleep,
    hear: world.complain,
  });
  return { folder, pushed };
}

async function tokenOf(world: World): Promise<string> {
  const home = world.env("HF_HOME") ?? path.join(world.env("HOME") ?? homedir(), ".cache", "huggingface");
  const file = world.env("HF_TOKEN_PATH") ?? path.join(home, "token");
  const token = world.env("HF_TOKEN") ?? (await readFile(file, "utf8").catch(() => ""));
  if (token.trim() === "") throw new UserError(`no token: set HF_TOKEN, or put one into ${file}`);
  if (!token.trim().startsWith("hf_"))
    throw new UserError("the token in HF_TOKEN or its file does not begin with hf_, as a hub's does");
  return token.trim();
}
