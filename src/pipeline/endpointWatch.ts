// What a run does about its models' endpoints: writes down when one is parked and comes back, tells somebody, and pauses the run where
// waiting makes no sense or another model answers under the same name. In words that name the endpoint and its key's variable.
import type { LedgerEvent } from "../core/ledger.ts";
import type { RunState } from "../core/runState.ts";
import type { Clock, Log } from "../core/runtime.ts";
import { isRemote, type ModelConfig } from "./modelConfig.ts";

/** Notices of one session about endpoints that go and come back. What flaps all night is in the ledger. */
const NOTICES_MAX = 20;
/** Distinct names and fingerprints of one endpoint that the ledger holds; beyond it a warning says so once. */
const SERVED_MAX = 50;

/** What is wrong with a model's endpoints, and what they did. */
export interface ModelTrouble {
  /** `down`, `throttled`, `key`, `quota` or `unknownModel`. */
  readonly trouble: string;
  readonly reason: string;
}

/** What a reply said of the model that gave it. */
export interface Served {
  readonly endpoint: string;
  readonly servedModel: string;
  readonly fingerprint: string | null;
}

/** Told by whatever calls the models. Nothing of it throws or waits. */
export interface EndpointWatch {
  parked(model: ModelConfig, trouble: ModelTrouble): void;
  back(model: ModelConfig, of: { readonly parkedMs: number }): void;
  /** Waiting makes no sense any more: the run pauses. */
  givenUp(model: ModelConfig, of: ModelTrouble & { readonly parkedMs: number }): void;
  served(model: ModelConfig, by: Served): void;
}

export interface EndpointWatchDeps {
  readonly onModelChange: "pause" | "flag";
  readonly state: Pick<RunState, "served">;
  readonly append: (event: LedgerEvent) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  readonly tell: (status: "parked" | "back", reason: string) => Promise<void>;
  readonly pauseFor: (cause: "endpoint" | "modelChanged", reason: string) => void;
}

export function watchEndpoints(deps: EndpointWatchDeps): EndpointWatch {
  const { clock, log } = deps;
  let notices = 0;
  const note = (event: LedgerEvent) => {
    // A ledger that cannot be written ends the run at whatever it writes next.
    deps.append(event).catch(() => {});
  };
  const tell = (status: "parked" | "back", reason: string) => {
    if (notices < NOTICES_MAX) void deps.tell(status, reason);
    notices += 1;
  };
  /** By model, then by endpoint. */
  const seen = new Map<string, Map<string, { names: Set<string>; marks: Set<string> }>>();
  const seenAt = (model: string, endpoint: string) => {
    const endpoints = seen.get(model) ?? new Map();
    seen.set(model, endpoints);
    const found = endpoints.get(endpoint) ?? { names: new Set<string>(), marks: new Set<string>() };
    endpoints.set(endpoint, found);
    return found;
  };
  /** What any endpoint of the model answered as. */
  const namesOf = (model: string) =>
    new Set([...(seen.get(model)?.values() ?? [])].flatMap(({ names }) => [...names]));
  for (const { model, endpoint, servedModel, fingerprint } of deps.state.served) {
    const { names, marks } = seenAt(model, endpoint);
    names.add(servedModel);
    marks.add(markOf(servedModel, fingerprint));
  }

  return {
    parked(model, { trouble, reason }) {
      const text = troubleText(model, { trouble, reason });
      log.warn("endpoint-parked", { model: model.name, trouble, reason: text });
      note({ kind: "endpoint-parked", atMs: clock.now(), model: model.name, trouble, reason });
      tell("parked", text);
    },
    back(model, { parkedMs }) {
      log.info("endpoint-back", { model: model.name, parkedMs });
      note({ kind: "endpoint-back", atMs: clock.now(), model: model.name, parkedMs });
      tell("back", `model ${model.name} answers again after ${spanText(parkedMs)}`);
    },
    givenUp(model, of) {
      deps.pauseFor("endpoint", troubleText(model, of));
    },
    served(model, { endpoint, servedModel, fingerprint }) {
      const { names, marks } = seenAt(model.name, endpoint);
      const mark = markOf(servedModel, fingerprint);
      if (marks.has(mark) || marks.size >= SERVED_MAX) return;
      const [first] = names;
      const isOther = first !== undefined && !names.has(servedModel);
      const isFirst = first === undefined;
      names.add(servedModel);
      marks.add(mark);
      const fields = { model: model.name, endpoint, servedModel, fingerprint };
      note({ kind: "model-served", atMs: clock.now(), ...fields });
      if (isFirst) {
        if (namesOf(model.name).size > 1) log.warn("served-models-differ", fields);
        return;
      }
      log.warn(isOther ? "served-model-changed" : "served-fingerprint-changed", fields);
      if (!isOther || deps.onModelChange !== "pause") return;
      deps.pauseFor(
        "modelChanged",
        `model ${model.name}: endpoint "${endpoint}" answers as ${JSON.stringify(servedModel)}, where it answered as ${JSON.stringify(first)} before; steps are labelled with what served them, and resuming accepts the new name`,
      );
    },
  };
}

/** What is wrong, in one sentence that names the model, the endpoint, and the variable of its key where that matters. */
export function troubleText(
  model: ModelConfig,
  { trouble, reason, parkedMs }: ModelTrouble & { readonly parkedMs?: number },
): string {
  const keyEnv = isRemote(model) ? model.keyEnv : null;
  const key = keyEnv === null ? "it is called without a key" : `its key is taken from ${keyEnv}`;
  const since = parkedMs === undefined || parkedMs < 1000 ? "" : ` for ${spanText(parkedMs)}`;
  switch (trouble) {
    case "key":
      return `model ${model.name}, whose key is refused (${key}): ${reason}`;
    case "quota":
      return `model ${model.name} has had no quota left${since} (${key}): ${reason}`;
    case "unknownModel":
      return `model ${model.name} is not known where it is called: ${reason}`;
    case "throttled":
      return `model ${model.name} has been put off by its endpoints${since}: ${reason}`;
    default:
      return `model ${model.name} has had no endpoint that answers${since}: ${reason}`;
  }
}

/** A span in the largest unit that fits, with one digit. */
function spanText(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  return seconds < 6000 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function markOf(servedModel: string, fingerprint: string | null): string {
  return JSON.stringify([servedModel, fingerprint]);
}
