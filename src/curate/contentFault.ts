// What the text of one rollout is dropped for: lengths, malformed replies, loops, other scripts, names that leak, texts that are tested on.
import { UserError } from "../core/errors.ts";
import type { CurateReason } from "../core/verdict.ts";
import type { RolloutRows } from "../dataset/rows.ts";
import { type CheckedCondition, checkedCondition } from "./conditions.ts";
import type { CurateRules } from "./rules.ts";
import { shingles, wordsOf } from "./words.ts";

export interface Fault {
  readonly reason: CurateReason;
  readonly detail: string;
}

/** The first fault of a rollout by rules that need no other one; null: none. */
export type ContentFault = (rollout: RolloutRows) => Fault | null;

/** `tested`: hashes of the runs of words that must not be in a rollout. Throws a UserError for a condition that cannot be. */
export function contentFaults(rules: CurateRules, tested: ReadonlySet<number>): ContentFault {
  const conditions = rules.where.map(checkedCondition);
  const wanted = scriptsPattern(rules.scripts);
  const names = namesPattern(rules.identityNames);
  return (rollout) =>
    conditionFault(rollout, conditions) ??
    lengthFault(rollout, rules) ??
    errorFault(rollout, rules) ??
    loopFault(rollout, rules.loopRepeatsMax) ??
    scriptFault(rollout, rules.foreignScriptShareMax, wanted) ??
    nameFault(rollout, names) ??
    contaminationFault(rollout, rules.decontaminate?.ngramWords ?? null, tested);
}

function conditionFault({ trajectory }: RolloutRows, conditions: readonly CheckedCondition[]): Fault | null {
  const failed = conditions.find((condition) => !condition.holds(trajectory));
  return failed === undefined ? null : { reason: "where", detail: `not ${failed.text}` };
}

function lengthFault({ trajectory: row }: RolloutRows, rules: CurateRules): Fault | null {
  const { stepsMin, stepsMax, tokensMax, charactersMax } = rules;
  if (stepsMin !== null && row.num_steps < stepsMin)
    return { reason: "tooShort", detail: `${row.num_steps} steps` };
  const long = (value: number, max: number | null, unit: string): Fault | null =>
    max !== null && value > max ? { reason: "tooLong", detail: `${value} ${unit}` } : null;
  return (
    long(row.num_steps, stepsMax, "steps") ??
    long((row.prompt_tokens ?? 0) + (row.completion_tokens ?? 0), tokensMax, "tokens") ??
    long(
      charactersMax === null ? 0 : row.messages.reduce((sum, { content }) => sum + content.length, 0),
      charactersMax,
      "characters",
    )
  );
}

function errorFault({ trajectory: row, steps }: RolloutRows, rules: CurateRules): Fault | null {
  const { formatErrorShareMax, actionErrorShareMax } = rules;
  const malformed = row.num_steps === 0 ? 0 : row.num_format_errors / row.num_steps;
  if (formatErrorShareMax !== null && malformed > formatErrorShareMax)
    return { reason: "malformed", detail: `${percent(malformed)} of the steps` };
  if (actionErrorShareMax === null) return null;
  const actions = steps.flatMap((step) => step.actions);
  const failed = actions.filter(isFailed).length;
  if (actions.length === 0 || failed / actions.length <= actionErrorShareMax) return null;
  return { reason: "actionErrors", detail: `${percent(failed / actions.length)} of the actions` };
}

/** An action that was refused, failed, ended with another exit code than 0, or ran into a limit. */
export function isFailed(action: RolloutRows["steps"][number]["actions"][number]): boolean {
  const { error, ok, exit_code: exit, timed_out: late, oom_killed: killed } = action;
  return error !== null || ok === false || (exit !== null && exit !== 0) || late === true || killed === true;
}

function loopFault({ steps }: RolloutRows, repeatsMax: number | null): Fault | null {
  if (repeatsMax === null) return null;
  let last: string | null = null;
  let count = 0;
  for (const { text } of steps.flatMap((step) => step.actions)) {
    const action = text.replaceAll(/\s+/g, " ").trim();
    count = action === last ? count + 1 : 1;
    last = action;
    if (count > repeatsMax) return { reason: "loop", detail: `${count} times ${clipped(action)}` };
  }
  return null;
}

function scriptFault(rollout: RolloutRows, shareMax: number | null, wanted: RegExp): Fault | null {
  if (shareMax === null) return null;
  let letters = 0;
  let foreign = 0;
  for (const text of replies(rollout)) {
    for (const [run] of text.matchAll(/\p{L}+/gu)) {
      // Nearly all letters are plain ones, which are Latin whatever is wanted.
      if (/^[A-Za-z]+$/.test(run)) {
        letters += run.length;
        if (!wanted.test("a")) foreign += run.length;
        continue;
      }
      for (const letter of run) {
        letters++;
        if (!wanted.test(letter)) foreign++;
      }
    }
  }
  if (letters === 0 || foreign / letters <= shareMax) return null;
  return { reason: "foreignScript", detail: `${percent(foreign / letters)} of the letters` };
}

function nameFault(rollout: RolloutRows, names: RegExp | null): Fault | null {
  if (names === null) return null;
  for (const text of replies(rollout)) {
    const found = names.exec(text);
    if (found !== null) return { reason: "identityLeak", detail: found[0] };
  }
  return null;
}

function scriptsPattern(names: readonly string[]): RegExp {
  const patterns = names.map((name) => {
    try {
      return new RegExp(`\\p{Script=${name}}`, "u").source;
    } catch (error) {
      throw new UserError(
        `scripts: ${JSON.stringify(name)} is no script of Unicode; write one such as Latin, Greek, Cyrillic or Han`,
        { cause: error },
      );
    }
  });
  return new RegExp(patterns.join("|"), "u");
}

/** Whole words in any case; null without names. */
function namesPattern(names: readonly string[]): RegExp | null {
  if (names.length === 0) return null;
  const parts = names.map((name) => name.replaceAll(/[\^$.*+?()[\]{}|/]/g, "\\$&"));
  return new RegExp(`(?<![\\p{L}\\p{N}_])(?:${parts.join("|")})(?![\\p{L}\\p{N}_])`, "iu");
}

/** Rollouts of the benchmark hold its texts by nature, and stand in a split of their own. */
function contaminationFault(
  { trajectory }: RolloutRows,
  ngramWords: number | null,
  tested: ReadonlySet<number>,
): Fault | null {
  if (ngramWords === null || tested.size === 0 || trajectory.task_use === "benchmark") return null;
  for (const { idx, content } of trajectory.messages) {
    for (const hash of shingles(wordsOf(content), ngramWords, "none")) {
      if (tested.has(hash)) return { reason: "contaminated", detail: `message ${idx}` };
    }
  }
  return null;
}

function* replies({ trajectory }: RolloutRows): Generator<string> {
  for (const { sampled, content, reasoning } of trajectory.messages) {
    if (!sampled) continue;
    yield content;
    if (reasoning !== null) yield reasoning;
  }
}

const DETAIL_CHARS_MAX = 80;

function clipped(text: string): string {
  return text.length > DETAIL_CHARS_MAX ? `${text.slice(0, DETAIL_CHARS_MAX)}…`.toWellFormed() : text;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
