// Whether the servers of a model answer: one question for their list of models each, which costs nothing.
import { z } from "zod";
import { errorText } from "../core/errors.ts";
import type { RemoteModelConfig } from "../pipeline/modelConfig.ts";
import { type Check, missing, ok, warn } from "./check.ts";

const TIMEOUT_MS = 5_000;
const ANSWER_BYTES_MAX = 4 << 20;
const ANTHROPIC_VERSION = "2023-06-01";

const listSchema = z.looseObject({ data: z.array(z.looseObject({ id: z.string() })) });

/** One check for each base URL. The key is sent and never shown. */
export function endpointChecks(
  name: string,
  model: RemoteModelConfig,
  key: string | null,
): Promise<readonly Check[]> {
  return Promise.all(model.baseUrls.map((baseUrl) => endpointCheck(name, model, baseUrl, key)));
}

async function endpointCheck(
  model: string,
  config: RemoteModelConfig,
  baseUrl: string,
  key: string | null,
): Promise<Check> {
  const url = new URL(baseUrl);
  const path = config.wire === "anthropic" ? "/v1/models" : "/models";
  url.pathname = `${url.pathname.replace(/\/+$/, "")}${path}`;
  const shown = `${url.origin}${url.pathname}`;
  const name = `${model}: endpoint ${url.host}`;
  try {
    const response = await fetch(url, {
      headers: headersOf(config, key),
      // A key goes nowhere but where the pipeline sends it.
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await boundedText(response);
    if (response.status === 401 || response.status === 403) {
      const whose = config.keyEnv === null ? "give it a key (keyEnv)" : `check the key in ${config.keyEnv}`;
      return missing(name, `${shown} refuses us (${response.status})`, whose);
    }
    if (!response.ok) {
      return warn(
        name,
        `${shown} answers ${response.status}`,
        "check baseUrls; servers need not list their models",
      );
    }
    return listCheck(name, shown, config.model, text);
  } catch (error) {
    const why =
      error instanceof Error && error.name === "TimeoutError"
        ? `no answer in ${TIMEOUT_MS} ms`
        : errorText(error);
    return missing(name, `${shown}: ${why}`, "start the server, or correct baseUrls");
  }
}

function headersOf(config: RemoteModelConfig, key: string | null): Record<string, string> {
  const authorization: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` };
  if (config.wire !== "anthropic") return authorization;
  const own: Record<string, string> =
    config.keyHeader === "x-api-key" ? (key === null ? {} : { "x-api-key": key }) : authorization;
  return { ...own, "anthropic-version": ANTHROPIC_VERSION };
}

function listCheck(name: string, shown: string, model: string, text: string): Check {
  let answer: unknown = null;
  try {
    answer = JSON.parse(text);
  } catch {
    // Not JSON: said below.
  }
  const parsed = listSchema.safeParse(answer);
  if (!parsed.success) return warn(name, `${shown} answers, but not with a list of models`, "check baseUrls");
  if (parsed.data.data.some(({ id }) => id === model)) return ok(name, `serves ${model}`);
  const served = parsed.data.data.slice(0, 5).map(({ id }) => JSON.stringify(id.slice(0, 80)));
  const remedy = `check the model's name: ${served.join(", ") || "none"} are among those there`;
  return warn(name, `${shown} does not list ${model}`, remedy);
}

/** The body up to a bound; the rest is not read. */
async function boundedText(response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.length;
    if (bytes > ANSWER_BYTES_MAX) break;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}
