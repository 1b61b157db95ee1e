// A pipeline file is stored with its run and shown in reports: a key must not stand in it, only the name of its variable.
import { UserError } from "../core/errors.ts";
import { isSecretName } from "../core/secretNames.ts";
import { suspectedSecrets } from "../core/secretShapes.ts";
import type { Secrets } from "../core/secrets.ts";
import { isRemote } from "./modelConfig.ts";
import type { Pipeline } from "./pipelineFile.ts";

const SECRET_CHARS_MIN = 8;

/**
 * Throws UserError, before anything is spent or written, where a value of the pipeline is a known secret, looks like one, or stands under
 * a name that says so. No complaint repeats it. `text` is the file as it is stored, comments included.
 */
export function checkSecrets(
  pipeline: Pipeline,
  text: string | null,
  secrets: Pick<Secrets, "redact">,
): void {
  for (const [index, model] of pipeline.cells.models.entries()) {
    if (!isRemote(model)) continue;
    for (const [place, value] of stringsIn(model.extraBody, `cells.models[${index}].extraBody`)) {
      const name = place.split(".").findLast((part) => !/^\[/.test(part)) ?? "";
      if (isSecretName(name) && value.length >= SECRET_CHARS_MIN && /\d/.test(value)) {
        throw new UserError(
          `${place}: seems to hold a key (not shown), and the pipeline is stored with its run; take it out, and name the key's variable in keyEnv`,
        );
      }
    }
  }
  const { notify } = pipeline;
  if (notify !== null && "webhook" in notify && isBearing(notify.webhook)) {
    throw new UserError(
      "notify.webhook: the address seems to hold a token (not shown), and the pipeline is stored with its run; put the address into a variable and name it: notify: { webhookEnv: NOTIFY_URL }",
    );
  }
  for (const [place, value] of stringsIn(pipeline, "")) refuse(place, value, secrets);
  if (text === null) return;
  for (const [index, line] of text.split("\n").entries()) refuse(`line ${index + 1}`, line, secrets);
}

function refuse(place: string, value: string, { redact }: Pick<Secrets, "redact">): void {
  const known = /\[redacted:([^\]]+)\]/.exec(redact(value) === value ? "" : redact(value))?.[1];
  if (known !== undefined) {
    throw new UserError(
      `the pipeline's ${place} holds the value of ${known} (not shown), and the pipeline is stored with its run; take it out, and name the variable instead`,
    );
  }
  const [suspect] = suspectedSecrets(value);
  if (suspect === undefined) return;
  throw new UserError(
    `the pipeline's ${place} seems to hold a secret (${suspect.kind}, not shown), and the pipeline is stored with its run; put it into an environment variable and name that`,
  );
}

/** Webhooks of chat services are secrets by their path; so is whatever has credentials, or a token among its parameters. */
function isBearing(address: string): boolean {
  const { username, password, pathname, searchParams } = new URL(address);
  if (username !== "" || password !== "") return true;
  if ([...searchParams].some(([name, value]) => isSecretName(name) && value.length >= SECRET_CHARS_MIN))
    return true;
  const parts = [...pathname.split("/"), ...searchParams.values()];
  return parts.some((part) => part.length >= 20 && /\d/.test(part) && /[A-Za-z]/.test(part));
}

function* stringsIn(value: unknown, place: string): Generator<readonly [place: string, value: string]> {
  if (typeof value === "string") yield [place, value];
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* stringsIn(item, `${place}[${index}]`);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value))
      yield* stringsIn(item, place === "" ? key : `${place}.${key}`);
  }
}
