// Tripwires: shares over the last so many tries, steps and submissions that say "something is systematically wrong". Settings and
// the watch that counts; what happens when one trips is the run's business. Windows start empty in every session.
import { z } from "zod";
import type { LedgerEvent } from "../core/ledger.ts";
import type { StepRecord, StepsLogRecord } from "../core/trajectory.ts";

function tripwire(share: number, minCount: number, window: number, what: string) {
  return z
    .strictObject({
      share: z.number().gt(0).max(1).default(share).describe("Trips at this share of the window, 0 to 1."),
      minCount: z.int().positive().default(minCount).describe("Trips at no fewer than so many."),
      window: z.int().positive().max(100_000).default(window).describe("Counted are the last so many."),
    })
    .refine((wire) => wire.minCount <= wire.window, {
      error: "minCount is larger than window",
      path: ["minCount"],
    })
    .nullable()
    .prefault({})
    .describe(what);
}

/** Null switches one off. Steps are counted per model, submissions per task, tries over the whole run. */
export const tripwiresSchema = z.strictObject({
  failedRollouts: tripwire(0.5, 10, 40, "Tries that infrastructure failed, of all tries that ended."),
  deadSandboxes: tripwire(0.25, 12, 48, "Tries whose sandbox failed, of all tries that ended."),
  formatErrors: tripwire(0.6, 40, 80, "Replies of the wrong form, of a model's steps."),
  identicalActions: tripwire(0.5, 50, 100, "Actions that repeat the one before, of a model's steps."),
  invalidSubmissions: tripwire(0.9, 30, 60, "Invalid submissions, of all that were judged for a task."),
  cacheMisses: tripwire(
    0.9,
    200,
    400,
    "Prompts of which less than half of the prompt before came from the cache; only for models that have reported cache reads.",
  ),
});
export type TripwireConfig = z.infer<typeof tripwiresSchema>;
export type TripwireName = keyof TripwireConfig;

export interface TripwireWatch {
  /** A record as it goes into the steps log. */
  step(record: StepsLogRecord): void;
  /** An event as it goes into the ledger. */
  event(event: LedgerEvent): void;
}

/** The last `window` yes-or-no answers, with a running count. */
class Window {
  readonly #answers: boolean[] = [];
  #hits = 0;
  #next = 0;

  add(hit: boolean, size: number): void {
    if (this.#answers.length < size) this.#answers.push(hit);
    else {
      if (this.#answers[this.#next]) this.#hits -= 1;
      this.#answers[this.#next] = hit;
      this.#next = (this.#next + 1) % size;
    }
    if (hit) this.#hits += 1;
  }
  get count(): number {
    return this.#answers.length;
  }
  get hits(): number {
    return this.#hits;
  }
}

const WORDS: Readonly<Record<TripwireName, (hits: number, count: number, group: string) => string>> = {
  failedRollouts: (hits, count) => `${hits} of the last ${count} rollouts failed`,
  deadSandboxes: (hits, count) => `${hits} of the last ${count} rollouts lost their sandbox`,
  formatErrors: (hits, count, model) => `${hits} of the last ${count} replies of ${model} had the wrong form`,
  identicalActions: (hits, count, model) =>
    `${hits} of the last ${count} actions of ${model} repeated the action before`,
  invalidSubmissions: (hits, count, task) =>
    `${hits} of the last ${count} submissions to ${task} were invalid`,
  cacheMisses: (hits, count, model) => `${hits} of the last ${count} prompts of ${model} missed the cache`,
};

/** Open rollouts only; what a rollout's next step is compared with. */
interface Trail {
  actions: string | null;
  promptTokens: number | null;
}

/**
 * Watches a session's events and steps. `groupsOf` names the model and the task of a rollout, `onTrip` is called once, with one line that
 * says why. Garbage shows in steps before any rollout has ended, so steps are watched as they are made.
 */
export function watchTripwires(
  config: TripwireConfig,
  groupsOf: (rolloutKey: string) => { readonly model: string; readonly task: string } | null,
  onTrip: (wire: TripwireName, reason: string) => void,
): TripwireWatch {
  const windows = new Map<string, Window>();
  const trails = new Map<string, Trail>();
  const cachingModels = new Set<string>();
  const firstSubmissions = new Map<string, string>();
  let tripped = false;

  const count = (wire: TripwireName, group: string, hit: boolean) => {
    const settings = config[wire];
    if (settings === null || tripped) return;
    const id = `${wire} ${group}`;
    const window = windows.get(id) ?? new Window();
    windows.set(id, window);
    window.add(hit, settings.window);
    if (!hit || window.count < settings.minCount || window.hits < settings.share * window.count) return;
    tripped = true;
    onTrip(
      wire,
      `${WORDS[wire](window.hits, window.count, group)} (tripwire ${wire}, share ${settings.share})`,
    );
  };

  const replied = (key: string, model: string, step: StepRecord) => {
    count("formatErrors", model, step.formatError !== null);
    const trail = trails.get(key) ?? { actions: null, promptTokens: null };
    const actions = actionsText(step);
    if (actions !== null) count("identicalActions", model, actions === trail.actions);
    const { input, cacheRead } = step.reply.usage;
    if (cacheRead > 0) cachingModels.add(model);
    if (trail.promptTokens !== null && cachingModels.has(model)) {
      count("cacheMisses", model, cacheRead * 2 < trail.promptTokens);
    }
    trails.set(key, { actions: actions ?? trail.actions, promptTokens: input });
  };

  const triedOnce = (key: string, failure: string | null) => {
    trails.delete(key);
    count("failedRollouts", "", failure !== null);
    count("deadSandboxes", "", failure === "sandbox");
  };

  return {
    step(record) {
      const groups = groupsOf(record.key);
      if (groups === null) return;
      if (record.kind === "reply-received") replied(record.key, groups.model, record.step);
      if (record.kind !== "observation-made" || record.result.validation === null) return;
      const { submission, score, evaluationKeys } = record.result.validation;
      // A validation that was refused because none is left says nothing of the submission.
      if (submission !== null && evaluationKeys.length === 0) return;
      count("invalidSubmissions", groups.task, score === null);
    },
    event(event) {
      switch (event.kind) {
        case "rollout-ended": {
          const { outcome, key, facts } = event;
          if (outcome.kind === "cancelled" || outcome.kind === "interrupted") return;
          triedOnce(key, outcome.kind === "failed" ? outcome.boundary : null);
          const task = groupsOf(key)?.task;
          if (task === undefined || outcome.kind === "failed" || outcome.kind === "forfeit") return;
          if (facts.finalSubmission === null) count("invalidSubmissions", task, true);
          else firstSubmissions.set(facts.finalSubmission, task);
          return;
        }
        case "rollout-resumed":
        case "rollout-retried": {
          const boundary = /^failed:(\w+)/.exec(event.reason)?.[1];
          if (boundary !== undefined) triedOnce(event.key, boundary);
          return;
        }
        case "evaluation-ended": {
          const { evaluation } = event;
          const task = firstSubmissions.get(evaluation.submission);
          if (task === undefined || evaluation.phase !== "record") return;
          firstSubmissions.delete(evaluation.submission);
          count("invalidSubmissions", task, evaluation.kind === "invalid");
          return;
        }
        default:
          return;
      }
    },
  };
}

/** What a step did, so that two steps can be compared; null for one that did nothing. */
function actionsText({ actions }: StepRecord): string | null {
  if (actions.length === 0) return null;
  return JSON.stringify(actions.map(({ tool, arguments: given, text }) => [tool, given ?? text]));
}
