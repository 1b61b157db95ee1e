// What a failed exchange with a model server means, whatever its wire: context overflow, a passing trouble, or one that needs the user.
import { z } from "zod";
import { ContextOverflowError } from "../core/model.ts";
import { ModelCallError, type Trouble } from "./callError.ts";
import type { ExchangeError, HttpStatusError } from "./httpPost.ts";

const PROVIDER_TEXT_MAX = 300;

/** Statuses after which another try may succeed. 409 is a lock, 529 an overloaded provider, 52x a proxy's. */
const TRANSIENT_STATUSES = new Set([408, 409, 425, 429]);
/** The server asked for patience. */
const THROTTLED_STATUSES = new Set([429, 503, 529]);
/** Somebody on the way gave up waiting: the reply may have been sampled, and billed, all the same. */
const GAVE_UP_STATUSES = new Set([408, 504, 524]);

/**
 * How servers say that a prompt is too long: OpenAI, vLLM, SGLang, llama.cpp, Anthropic and Gemini gateways, DashScope. Their
 * codes are no standard, so the words are all there is.
 */
const OVERFLOW =
  /context_length_exceeded|exceed_context_size|prompt_too_long|(maximum|model'?s|max) context length|context (window|size|length)[^.]{0,40}exceed|exceed context limit|exceeds?\b[^.]{0,60}(context (window|size|length)|maximum allowed (input )?length)|prompt is too long|input token count[^.]{0,60}exceeds|range of input length should be/i;

/**
 * How providers say that nothing is left to pay with, whatever the status. "You exceeded your current quota" is not among them: some say
 * so of a limit per minute, too.
 */
const QUOTA =
  /insufficient_quota|billing_hard_limit|billing_not_active|credit balance is too low|insufficient[ _](balance|credit|fund)/i;
/** The statuses under which that is said. */
const QUOTA_STATUSES = new Set([400, 402, 403, 429]);

/** The endpoint as errors name it, and the function that keeps its key out of them. */
export interface NamedEndpoint {
  readonly name: string;
  readonly baseUrl: string;
  readonly modelName: string;
  /** What the API is called, e.g. `a chat completions API`, and its path after the base URL. */
  readonly api: string;
  readonly path: string;
  readonly redact: (text: string) => string;
}

const bodySchema = z.union([
  z.looseObject({
    error: z.looseObject({ message: z.string(), code: z.unknown().optional(), type: z.unknown().optional() }),
  }),
  z.looseObject({ message: z.string(), code: z.unknown().optional(), type: z.unknown().optional() }),
  z.looseObject({ error: z.string() }),
  z.looseObject({ detail: z.union([z.string(), z.array(z.unknown())]) }),
]);

/** The error for an answer that is not a completion. `status` may also be the one that a gateway wrote into a 200. */
export function statusError(
  endpoint: NamedEndpoint,
  answer: Pick<HttpStatusError, "status" | "headers" | "body">,
  nowMs: number,
): ModelCallError | ContextOverflowError {
  const { status } = answer;
  const said = providerText(answer.body, endpoint.redact);
  const overflow = status === 400 || status === 413 || status === 422;
  if (overflow && OVERFLOW.test(said)) {
    return new ContextOverflowError(`the prompt no longer fits ${endpoint.modelName}: ${said}`);
  }
  const trouble = troubleOf(status, said);
  // Waiting a minute mends no account.
  const transient = trouble !== "quota" && isTransient(status);
  const remedyText = trouble === "quota" ? QUOTA_REMEDY : remedy(endpoint, status);
  return new ModelCallError(`${named(endpoint)} answered ${status} (${said}): ${remedyText}`, {
    transient,
    trouble,
    status,
    throttled: transient && THROTTLED_STATUSES.has(status),
    retryAfterMs: transient ? retryAfterMs(answer.headers, nowMs) : null,
    mayBeBilled: GAVE_UP_STATUSES.has(status),
  });
}

function isTransient(status: number): boolean {
  return TRANSIENT_STATUSES.has(status) || (status >= 500 && status !== 501);
}

/** What a status says of the endpoint; null where it speaks of the request. */
function troubleOf(status: number, said: string): Trouble | null {
  if (status === 402 || (QUOTA_STATUSES.has(status) && QUOTA.test(said))) return "quota";
  if (status === 401 || status === 403) return "key";
  if (status === 404) return "unknownModel";
  if (THROTTLED_STATUSES.has(status)) return "throttled";
  return isTransient(status) ? "down" : null;
}

/** The error for an exchange that brought no readable answer. */
export function exchangeError(endpoint: NamedEndpoint, error: ExchangeError): ModelCallError {
  const failure = {
    status: null,
    throttled: false,
    retryAfterMs: null,
    mayBeBilled: error.sent,
    cause: error,
  };
  const what = endpoint.redact(`${error.code}: ${error.message}`).slice(0, PROVIDER_TEXT_MAX);
  if (error.code === "tooLarge") {
    const text = `${named(endpoint)} sent too much (${what}): lower sampling.maxTokens or ask for fewer logprobs`;
    return new ModelCallError(text, { ...failure, transient: false });
  }
  if (error.code === "encoding") {
    const text = `${named(endpoint)} cannot be read (${what}): turn compression off on that server`;
    return new ModelCallError(text, { ...failure, transient: false });
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|WRONG_VERSION|ERR_SSL/.test(error.code)) {
    const text = `${named(endpoint)} offers no trusted TLS (${what}): check the base URL and its certificate`;
    return new ModelCallError(text, { ...failure, transient: false, trouble: "down" });
  }
  const happened =
    error.code === "timeout"
      ? "gave no whole reply in time"
      : error.sent
        ? "closed the connection before its reply was whole"
        : "could not be reached";
  const remedyText = error.sent ? "is the server well?" : "is it running there, and is the base URL right?";
  return new ModelCallError(`${named(endpoint)} ${happened} (${what}): ${remedyText}`, {
    ...failure,
    transient: true,
    trouble: "down",
  });
}

/** The error for a 200 whose body holds no completion. It may have been billed. */
export function unreadableReply(endpoint: NamedEndpoint, why: string): ModelCallError {
  const what = endpoint.redact(why).slice(0, PROVIDER_TEXT_MAX);
  return new ModelCallError(`${named(endpoint)} sent a reply with ${what}: is this ${endpoint.api}?`, {
    transient: true,
    trouble: "down",
    status: 200,
    throttled: false,
    retryAfterMs: null,
    mayBeBilled: true,
  });
}

/** How long a server asks to wait: `retry-after-ms`, or `retry-after` in seconds or as an HTTP date; null where it does not say. */
export function retryAfterMs(headers: Headers, nowMs: number): number | null {
  const exact = Number(headers.get("retry-after-ms") ?? Number.NaN);
  if (Number.isFinite(exact) && exact >= 0) return exact;
  const text = headers.get("retry-after")?.trim() ?? "";
  if (text === "") return null;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1000 : null;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}

function named(endpoint: NamedEndpoint): string {
  return `model endpoint "${endpoint.name}" at ${endpoint.baseUrl}`;
}

const QUOTA_REMEDY = "the account has no credit left; add some";

function remedy(endpoint: NamedEndpoint, status: number): string {
  switch (status) {
    case 401:
      return "check the API key that is set for this endpoint";
    case 403:
      return `this key may not use model "${endpoint.modelName}" there`;
    case 404:
      return `check the model name "${endpoint.modelName}" and that the base URL is the part before ${endpoint.path}`;
    case 429:
      return "too many requests or a quota used up; lower the concurrency or raise the quota";
    case 400:
    case 422:
      return "the server does not take this request; check sampling and extraBody";
    case 413:
      return "the server takes no request of this size; raise its body limit";
    default:
      if (status >= 300 && status < 400) return "it redirects; give the final address as the base URL";
      return status >= 500 ? "the server is in trouble or overloaded" : "check the base URL";
  }
}

/** The provider's own words, one line, from whichever place it puts them. */
function providerText(body: string, redact: NamedEndpoint["redact"]): string {
  let text = body;
  try {
    const parsed = bodySchema.safeParse(JSON.parse(body));
    if (parsed.success) text = wordsOf(parsed.data);
  } catch {
    // Not JSON: a proxy's page or plain text, shown as it is.
  }
  // Redacted before it is cut: half a key is too much.
  const line = redact(text.replaceAll(/\s+/g, " ").trim()).slice(0, PROVIDER_TEXT_MAX);
  return line === "" ? "no explanation" : line;
}

function wordsOf(body: z.infer<typeof bodySchema>): string {
  const inner = body["error"];
  if (typeof inner === "string") return inner;
  const place = typeof inner === "object" && inner !== null ? { ...inner } : body;
  const fields: Readonly<Record<string, unknown>> = place;
  const code = typeof fields["code"] === "string" ? `${fields["code"]}: ` : "";
  const type = typeof fields["type"] === "string" && code === "" ? `${fields["type"]}: ` : "";
  const message = fields["message"] ?? fields["detail"];
  return `${code || type}${typeof message === "string" ? message : JSON.stringify(message)}`;
}
