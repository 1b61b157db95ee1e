// The two ends of an HTTP exchange: a JSON body read under a cap and a deadline, and an answer in JSON.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { z } from "zod";
import { errorText, UserError } from "../core/errors.ts";
import { type ErrorCode, Refusal } from "./refusal.ts";

/** Largest body or message that is read: an action may carry a file. */
export const REQUEST_BYTES_MAX = 4 * 1_048_576;
/** Seconds after which a client may ask again where there was no place. */
const RETRY_AFTER_SECONDS = 5;

/** The body as JSON of a schema; an empty body is `{}`. Throws Refusal INVALID_JSON, TOO_LARGE or VALIDATION_ERROR. */
export async function readJson<T extends z.ZodType>(
  request: IncomingMessage,
  schema: T,
): Promise<z.infer<T>> {
  const text = (await readBody(request)).toString("utf8");
  return parsed(schema, text.trim() === "" ? {} : parseJson(text));
}

/** Throws Refusal INVALID_JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal("INVALID_JSON", `what was sent is no JSON: ${errorText(error)}`);
  }
}

/** Throws Refusal VALIDATION_ERROR that names the member. */
export function parsed<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Refusal("VALIDATION_ERROR", errorText(result.error));
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > REQUEST_BYTES_MAX) {
      throw new Refusal("TOO_LARGE", `a request may have ${REQUEST_BYTES_MAX} bytes at most`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Answers with a JSON object. Where the client is gone, nothing happens. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(value);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  });
  response.end(text);
}

/** Answers with what went wrong; what was broken off half-read loses its connection. */
export function sendRefusal(response: ServerResponse, error: unknown): void {
  const refusal = asRefusal(error);
  if (refusal.status === 503) response.setHeader("retry-after", RETRY_AFTER_SECONDS);
  if (refusal.code === "UNAUTHORIZED") response.setHeader("www-authenticate", "Bearer");
  if (!response.req.complete) response.setHeader("connection", "close");
  sendJson(response, refusal.status, { error: { code: refusal.code, message: refusal.message } });
}

/** Any error as what its sender is told: bad input as such, the rest under the given code. */
export function asRefusal(error: unknown, code: ErrorCode = "EXECUTION_ERROR"): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof UserError) return new Refusal("VALIDATION_ERROR", error.message, { cause: error });
  if (error instanceof Error && error.name === "TimeoutError")
    return new Refusal("TIMEOUT", "it took longer than timeout_s; the episode is over", { cause: error });
  return new Refusal(code, errorText(error), { cause: error });
}
