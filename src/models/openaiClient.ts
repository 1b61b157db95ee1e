// OpenAI's SDK as a plain sender of bytes over our own transport: no retries, nothing from the environment.
import OpenAI from "openai";
import type { Connection, WireFormat } from "./wire.ts";

/** Everything that the SDK would else take from the environment is set here. */
export function openaiClient({ baseUrl, key, sdkTimeoutMs, fetch }: Connection): WireFormat["post"] {
  const client = new OpenAI({
    baseURL: baseUrl.href,
    // The SDK insists on a key; without one the header is taken out again.
    apiKey: key ?? "none",
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: "off",
    maxRetries: 0,
    timeout: sdkTimeoutMs,
    defaultHeaders: { Authorization: key === null ? null : `Bearer ${key}` },
    fetch,
  });
  // The body goes as text with its own content type: the SDK then sends these very bytes and serialises nothing.
  const headers = { "content-type": "application/json" };
  return (path, body, signal) => client.post(path, { body, headers, signal }).asResponse();
}
