// The web of a plan's agents, made of what is real: the machine's name servers, public addresses only, the key from the environment.
import { networkInterfaces } from "node:os";
import path from "node:path";
import { UserError } from "../core/errors.ts";
import type { WebAccess } from "../core/host.ts";
import type { Tool } from "../core/tool.ts";
import type { Plan } from "../pipeline/plan.ts";
import { literatureSearchTool } from "../tools/literatureSearch.ts";
import { parsePdfTool } from "../tools/parsePdf.ts";
import { openWeb } from "../web/openWeb.ts";
import { isPublicAddress } from "../web/publicAddress.ts";
import { dnsResolver } from "../web/resolver.ts";
import { type WebSettings, webIdentity } from "../web/webSettings.ts";
import { cacheRootOf } from "./cacheRoot.ts";
import type { World } from "./world.ts";

const WEB_TOOLS: readonly Tool[] = [literatureSearchTool, parsePdfTool];

/** Throws UserError where an agent has a tool for which the pipeline opens no web. */
export function checkWeb(tools: readonly Tool[], web: WebSettings | null, keyPath: string): void {
  const tool = tools.find((one) => WEB_TOOLS.includes(one));
  if (tool === undefined || web !== null) return;
  throw new UserError(
    `${keyPath}.tools: ${tool.name} needs the web, which this pipeline leaves closed; say what it may reach under \`web\` (\`web: {}\` is a start), or leave the tool out`,
  );
}

/** What an agent's tools reach of the web, for its play hash: nothing where they reach none. */
export function webReach(tools: readonly Tool[], web: WebSettings | null): Readonly<Record<string, unknown>> {
  return web === null || !reachesWeb(tools) ? {} : { web: webIdentity(web) };
}

function reachesWeb(tools: readonly Tool[]): boolean {
  return tools.some((tool) => WEB_TOOLS.includes(tool));
}

/** One web for all rollouts of a plan; null where no agent has a tool for it. */
export function webOf(world: Pick<World, "env" | "clock">, { pipeline, cells }: Plan): WebAccess | null {
  const { web } = pipeline;
  if (web === null || !cells.some(({ tools }) => reachesWeb(tools))) return null;
  const { keyEnv } = web.literature;
  return openWeb(web, {
    reach: {
      resolve: dnsResolver(null),
      mayReach: (address) => isPublicAddress(address) && !isOwnAddress(address),
    },
    clock: world.clock,
    cacheFolder: path.join(cacheRootOf(world), "web"),
    literatureKey: keyEnv === null ? null : (world.env(keyEnv) ?? null),
  });
}

/** Whether an address, though public, is this machine's. */
function isOwnAddress(address: string): boolean {
  return Object.values(networkInterfaces()).some((list) => list?.some((one) => one.address === address));
}
