// The web of a plan's agents, made of what is real: the machine's name servers, public addresses only, the key from the environment.
import { networkInterfaces } from "node:os";
import path from "node:path";
import { errorText, UserError } from "../core/errors.ts";
import type { WebAccess } from "../core/host.ts";
import type { Tool } from "../core/tool.ts";
import { literatureKey } from "../pipeline/checkPlan.ts";
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

/** Throws UserError, beginning with `place`, where an agent has a tool for which nobody has opened the web. */
export function checkWeb(tools: readonly Tool[], web: WebSettings | null, place: string): void {
  const tool = tools.find((one) => WEB_TOOLS.includes(one));
  if (tool === undefined || web !== null) return;
  throw new UserError(
    `${place}: ${tool.name} needs the web, which is closed here; say what it may reach under \`web\` (\`web: {}\` is a start), or leave the tool out`,
  );
}

/** What an agent's tools reach of the web, for its play hash: nothing where they reach none. */
export function webReach(tools: readonly Tool[], web: WebSettings | null): Readonly<Record<string, unknown>> {
  return web === null || !reachesWeb(tools) ? {} : { web: webIdentity(web) };
}

/** Whether one of the tools is for the web. */
export function reachesWeb(tools: readonly Tool[]): boolean {
  return tools.some((tool) => WEB_TOOLS.includes(tool));
}

/**
 * The web for all who have these tools, one for a process, since its rate holds for all of them together; null where none of the tools is
 * for it. Throws UserError where the key that the settings name is not set.
 */
export function webFor(
  world: Pick<World, "env" | "clock">,
  web: WebSettings | null,
  tools: readonly Tool[],
): WebAccess | null {
  if (web === null || !reachesWeb(tools)) return null;
  return openWeb(web, {
    reach: { resolve: dnsResolver(null), mayReach },
    clock: world.clock,
    cacheFolder: path.join(cacheRootOf(world), "web"),
    literatureKey: literatureKey(web, world.env),
  });
}

/** The same for the agents of a plan. */
export function webOf(world: Pick<World, "env" | "clock">, { pipeline, cells }: Plan): WebAccess | null {
  return webFor(
    world,
    pipeline.web,
    cells.flatMap(({ tools }) => tools),
  );
}

const LOOKUP_MS_MAX = 10_000;

/** Why a host of the allow-list cannot be asked from here; null where its name resolves to public addresses only. */
export async function unreachable(host: string): Promise<string | null> {
  try {
    const { hostname } = new URL(`http://${host}`);
    const addresses = await dnsResolver(null)(hostname, AbortSignal.timeout(LOOKUP_MS_MAX));
    return addresses.every(mayReach) ? null : "it does not resolve to public addresses only";
  } catch (error) {
    return `it has no address (${errorText(error)})`;
  }
}

/** Public, and not this machine's own. */
const mayReach = (address: string) => isPublicAddress(address) && !isOwnAddress(address);

/** Whether an address, though public, is this machine's. */
function isOwnAddress(address: string): boolean {
  return Object.values(networkInterfaces()).some((list) => list?.some((one) => one.address === address));
}
