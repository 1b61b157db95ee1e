// One GET that cannot be turned inside: the host is on the allow-list, all its addresses are public, and the connection goes to the very
// address that was checked, so that a name that answers otherwise the second time changes nothing. Redirects start anew from the top.
import type { IncomingMessage } from "node:http";
import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Refusal } from "../core/host.ts";
import { allowedUrl } from "./allowedUrl.ts";
import type { ResolveHost } from "./resolver.ts";
import { tryOrder } from "./tryOrder.ts";

export interface Reach {
  readonly resolve: ResolveHost;
  /** Whether an address may be connected to: `isPublicAddress`, but for the servers that tests run themselves. */
  readonly mayReach: (address: string) => boolean;
}

export interface PinnedRequest {
  readonly url: string;
  /** Hosts that may be asked, of redirects too. */
  readonly hosts: readonly string[];
  /** Sent with the first request only: a redirect never carries a key on. */
  readonly headers: Readonly<Record<string, string>>;
  /** Media types that are read; any other answer is refused unread. */
  readonly types: readonly string[];
  readonly bytesMax: number;
  readonly redirectsMax: number;
}

/** An answer with status 200, whole; or another status, with what a client needs in order to ask again. */
export type PinnedAnswer =
  | { readonly kind: "body"; readonly bytes: Uint8Array }
  | { readonly kind: "status"; readonly status: number; readonly retryAfter: string | null };

const HEADER_BYTES_MAX = 16_384;
/** Longest wait for one address to accept a connection before the next is tried. */
const CONNECT_MS_MAX = 5_000;
/** Some hosts refuse whoever does not say what it is. */
const USER_AGENT = "nightshift";
const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * Asks once, following redirects to allowed hosts. Contract: whatever the other side does is an answer or a refusal; it throws only the
 * signal's reason. It has no time limit of its own: the signal is that.
 */
export async function pinnedGet(
  request: PinnedRequest,
  reach: Reach,
  signal: AbortSignal,
): Promise<PinnedAnswer | Refusal> {
  let target = request.url;
  let headers = request.headers;
  let isSecure = false;
  for (let hop = 0; hop <= request.redirectsMax; hop++) {
    const url = allowedUrl(target, request.hosts);
    if (typeof url === "string") return { refused: hop === 0 ? url : `It redirects elsewhere. ${url}` };
    if (isSecure && url.protocol !== "https:") return { refused: "It redirects from https to http." };
    isSecure = url.protocol === "https:";
    const addresses = await reachable(url.hostname, reach, signal);
    if ("refused" in addresses) return addresses;
    const answer = await firstAnswer(url, addresses.list, headers, request, signal);
    if (!("location" in answer)) return answer;
    target = URL.canParse(answer.location, url.href) ? new URL(answer.location, url).href : answer.location;
    headers = {};
  }
  const most = request.redirectsMax;
  return {
    refused: most === 0 ? "It redirects, which is not followed." : `It redirects more than ${most} times.`,
  };
}

async function reachable(
  host: string,
  { resolve, mayReach }: Reach,
  signal: AbortSignal,
): Promise<{ readonly list: readonly string[] } | Refusal> {
  let addresses: readonly string[];
  try {
    addresses = await resolve(host, signal);
  } catch {
    signal.throwIfAborted();
    return { refused: `The host ${host} has no address.` };
  }
  // One inner address among public ones is a trick: the whole name is refused.
  if (addresses.length === 0 || !addresses.every(mayReach)) {
    return { refused: `The host ${host} is not a public server.` };
  }
  return { list: addresses };
}

type HopAnswer = PinnedAnswer | Refusal | { readonly location: string };

async function firstAnswer(
  url: URL,
  addresses: readonly string[],
  headers: Readonly<Record<string, string>>,
  request: PinnedRequest,
  signal: AbortSignal,
): Promise<HopAnswer> {
  for (const address of tryOrder(addresses)) {
    const answer = await ask(url, address, headers, request, signal);
    if (answer !== "unreached") return answer;
  }
  return { refused: `The host ${url.host} cannot be reached.` };
}

/** One request over a connection of its own to one address. Neither proxies of the environment nor kept connections come between. */
async function ask(
  url: URL,
  address: string,
  headers: Readonly<Record<string, string>>,
  { types, bytesMax }: PinnedRequest,
  signal: AbortSignal,
): Promise<HopAnswer | "unreached"> {
  signal.throwIfAborted();
  const isSecure = url.protocol === "https:";
  const settings = {
    method: "GET",
    host: address,
    port: url.port === "" ? (isSecure ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    headers: {
      ...headers,
      host: url.host,
      "user-agent": USER_AGENT,
      accept: types.join(", "),
      "accept-encoding": "identity",
    },
    maxHeaderSize: HEADER_BYTES_MAX,
    rejectUnauthorized: true,
    signal,
  };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = isSecure
    ? httpsRequest({ ...settings, servername: url.hostname, agent: new HttpsAgent({ keepAlive: false }) })
    : httpRequest({ ...settings, agent: new HttpAgent({ keepAlive: false }) });
  let isConnected = false;
  request.once("socket", (socket) => {
    socket.once(isSecure ? "secureConnect" : "connect", () => {
      isConnected = true;
    });
  });
  const giveUp = setTimeout(() => {
    if (!isConnected) request.destroy(new Error("no connection"));
  }, CONNECT_MS_MAX);
  request.once("response", resolve);
  // Kept to the end: a connection may break after the answer has begun. A switch of protocols closes it without an error.
  request.on("error", reject);
  request.once("close", () => reject(new Error("the connection was closed")));
  request.end();
  try {
    return await read(await promise, url, types, bytesMax);
  } catch (error) {
    signal.throwIfAborted();
    if (isCertificateError(error)) {
      return { refused: `The host ${url.host} shows a certificate that does not hold.` };
    }
    return isConnected ? { refused: `The answer of the host ${url.host} broke off.` } : "unreached";
  } finally {
    clearTimeout(giveUp);
    request.destroy();
  }
}

async function read(
  response: IncomingMessage,
  { host }: URL,
  types: readonly string[],
  bytesMax: number,
): Promise<HopAnswer> {
  const status = response.statusCode ?? 0;
  const { location, "retry-after": retryAfter, "content-encoding": encoding } = response.headers;
  if (REDIRECTS.includes(status) && location !== undefined) return { location };
  if (status !== 200) return { kind: "status", status, retryAfter: retryAfter ?? null };
  const type = (response.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (!types.includes(type)) {
    const what = /^[\w.+-]+\/[\w.+-]+$/.test(type) ? type : "something without a known type";
    return { refused: `The host ${host} answers with ${what}, where ${types.join(" or ")} is wanted.` };
  }
  if (encoding !== undefined && encoding !== "identity") {
    return { refused: `The host ${host} answers in a compressed form that was not asked for.` };
  }
  const chunks: Buffer[] = [];
  let length = Number(response.headers["content-length"] ?? 0);
  const tooLarge = { refused: `The answer of ${host} is larger than ${bytesMax} bytes.` };
  if (length > bytesMax) return tooLarge;
  length = 0;
  for await (const chunk of response) {
    const piece: unknown = chunk;
    if (!Buffer.isBuffer(piece)) throw new TypeError("an HTTP body came as text");
    length += piece.length;
    if (length > bytesMax) return tooLarge;
    chunks.push(piece);
  }
  return { kind: "body", bytes: Buffer.concat(chunks) };
}

function isCertificateError(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return code.startsWith("ERR_TLS_CERT") || /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(code);
}
