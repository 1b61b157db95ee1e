// Which endpoints a server may call for its clients, and with which of its keys: a client must not make it talk to whatever it likes.
import { UserError } from "../core/errors.ts";
import { isRemote, type ModelConfig, modelConfigSchema } from "../pipeline/modelConfig.ts";
import type { SentEndpoint } from "../serve/rollouts/request.ts";
import { faultsOf } from "../tasks/issueText.ts";

/** An address that may be called, and the variable whose key goes there; null: none does. */
export interface AllowedEndpoint {
  readonly baseUrl: string;
  readonly keyEnv: string | null;
}

/** How the model is called in a plan: trainers name no models. */
const POLICY = "policy";

/** Reads `URL` or `URL=KEY_VARIABLE`. Throws UserError, which repeats nothing that may be a key. */
export function readAllowed(text: string): AllowedEndpoint {
  const [baseUrl = "", keyEnv = null, ...more] = text.split("=");
  const given = { name: POLICY, wire: "openai", model: "any", baseUrls: [baseUrl], keyEnv };
  if (modelConfigSchema.safeParse(given).success && more.length === 0)
    return { baseUrl: plain(baseUrl), keyEnv };
  const shown = baseUrl.replace(/\/\/[^/]*@/, "//…@");
  throw new UserError(
    `--endpoint ${shown}${keyEnv === null ? "" : "=…"}: must be a base URL such as http://10.0.0.5:8000/v1, or URL=VARIABLE with the name of its key's variable, never the key itself`,
  );
}

/**
 * The model of an endpoint that a client named, by the pipeline file's own schema. `allowed` null: any address, and no key. Throws
 * UserError where it is malformed, or not allowed.
 */
export function policyOf(sent: SentEndpoint, allowed: readonly AllowedEndpoint[] | null): ModelConfig {
  const { baseUrl, baseUrls, wire = "openai", ...rest } = sent;
  if (baseUrl !== undefined && baseUrls !== undefined)
    throw new UserError("endpoint: give baseUrl or baseUrls, not both");
  const urls = baseUrl === undefined ? baseUrls : [baseUrl];
  const given = { ...rest, wire, name: POLICY, ...(urls === undefined ? {} : { baseUrls: urls }) };
  const read = modelConfigSchema.safeParse(given);
  if (!read.success) {
    const faults = faultsOf(read.error.issues, modelConfigSchema, given).map(
      ({ text }) => `endpoint: ${text}`,
    );
    throw new UserError(faults.join("; "));
  }
  const config = read.data;
  if (config.wire === "replay" || config.wire === "human") {
    throw new UserError(
      `endpoint.wire: ${config.wire} plays from this machine's files or terminal, which no client is given; name an endpoint of yours`,
    );
  }
  if (isRemote(config)) for (const url of config.baseUrls) checkAllowed(url, config.keyEnv, allowed);
  return config;
}

function checkAllowed(url: string, keyEnv: string | null, allowed: readonly AllowedEndpoint[] | null): void {
  if (allowed === null) {
    if (keyEnv === null) return;
    throw new UserError(
      `endpoint.keyEnv: this server gives its keys to no address that a client names; start it with --endpoint ${url}=${keyEnv}`,
    );
  }
  const found = allowed.find(({ baseUrl }) => baseUrl === plain(url));
  if (found === undefined) {
    const names = allowed.map(({ baseUrl }) => baseUrl).join(", ") || "none";
    throw new UserError(
      `endpoint: this server may not call ${url}; it may call ${names}; start it with --endpoint ${url}`,
    );
  }
  if (keyEnv !== null && keyEnv !== found.keyEnv) {
    throw new UserError(
      `endpoint.keyEnv: ${keyEnv} is not the key of ${url}; start the server with --endpoint ${url}=${keyEnv}`,
    );
  }
}

function plain(url: string): string {
  return URL.canParse(url) ? new URL(url).href.replace(/\/+$/, "") : url;
}
