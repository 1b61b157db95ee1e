// Carries a recorded run of MLGym's out again, action by action, and compares what is data. It stops at nothing that only differs.
import type { TaskDefinition } from "../core/task.ts";
import type { MlgymSettings } from "../importers/mlgym/config.ts";
import { MLGYM_WORKSPACE, relocated } from "../importers/mlgym/relocate.ts";
import type { Traj, TrajStep } from "../importers/traj/trajFile.ts";
import { type Act, printedOf } from "./act.ts";
import { type MlgymCommand, parseAction } from "./commands.ts";
import { compareFacts, type Ground } from "./compareFacts.ts";
import { mlgymEditor } from "./editor.ts";
import { endingFacts, evaluationFacts, JUDGED_ENDING, scoresThatCount } from "./evaluationFacts.ts";
import type { Difference, Fact, FactClass } from "./facts.ts";
import { commandHere, herePath } from "./paths.ts";
import { recordedFacts, shellFacts } from "./recordedFacts.ts";
import { searched } from "./searchFacts.ts";
import type { Skipped } from "./skipped.ts";
import { recordedState, stateNow } from "./stateFacts.ts";
import type { Vintage } from "./vintage.ts";

export interface ReplayTask {
  readonly definition: TaskDefinition;
  readonly settings: MlgymSettings;
  /** False where the task cannot be judged: then scores are not compared. */
  readonly isJudged: boolean;
  /** Evaluations that are compared of one run, the first ones; later ones are left out and counted. */
  readonly evaluationsMax: number;
}

export interface ReplayReport {
  readonly steps: number;
  readonly equal: Readonly<Partial<Record<FactClass, number>>>;
  readonly differences: readonly Difference[];
  readonly skipped: Readonly<Partial<Record<Skipped, number>>>;
  /** Lines that were not compared, since the file was rebuilt from them. */
  readonly given: number;
  readonly vintage: Vintage["name"];
}

const TIMED_OUT = /EXECUTION TIMED OUT/;
const ENDED = /^Exited \((?!submit)/;
/** Images here have `python3` alone; agents of MLGym's write `python`. */
const PYTHON = 'command -v python > /dev/null || python() { python3 "$@"; }';
/** What MLGym takes for training, wherever it stands. */
const PROGRAM = /\b(?:torchrun|python3?|accelerate|deepspeed)\b/;
const NETWORK = /^(?:pip3?|conda|git|wget|curl|apt|apt-get|sudo|python3? -m pip)\s/;
const MLGYM_WORD =
  /(?:^|[;&|]\s*)(?:open|goto|scroll_up|scroll_down|create|edit|insert|search_dir|search_file|find_file|validate|submit)\b/;
const RANDOM_TOLERANCE = 0.03;
const EXACT_TOLERANCE = 1e-6;

/** Replays a run in an environment that stands as the run began. Throws only where the sandbox is broken. */
export async function replayTraj(
  traj: Traj,
  task: ReplayTask,
  vintage: Vintage,
  act: Act,
): Promise<ReplayReport> {
  const { definition, settings } = task;
  const editor = mlgymEditor(act);
  const equal: Partial<Record<FactClass, number>> = {};
  const skipped: Partial<Record<Skipped, number>> = {};
  const differences: Difference[] = [];
  const isVintageOld = vintage.name === "V1";
  let given = 0;
  let cwd = ".";
  let judgeReason: string | null = null;
  let evaluationCount = 0;

  await act("shell", { command: `shopt -s expand_aliases; alias ls='ls -F'; ${PYTHON}` });
  if (isProtected(traj, settings)) await act("shell", { command: `chmod 555 ${settings.script}` });

  const skip = (why: Skipped) => {
    skipped[why] = (skipped[why] ?? 0) + 1;
  };

  const evaluated = async (): Promise<readonly Fact[] | Skipped> => {
    if (!task.isJudged) return "notJudged";
    if (evaluationCount >= task.evaluationsMax) return "enough";
    evaluationCount += 1;
    const { validation } = await act("validate", {});
    judgeReason = validation?.reason ?? null;
    return evaluationFacts(definition, settings, validation?.score ?? null, judgeReason);
  };

  const shell = async (command: string): Promise<readonly Fact[] | Skipped> => {
    if (NETWORK.test(command)) return "network";
    if (!task.isJudged && PROGRAM.test(command)) return "program";
    const here = commandHere(command);
    const check = `/bin/bash -n <<'NIGHTSHIFT_END'\n${here}\nNIGHTSHIFT_END`;
    const checked = await act("shell", { command: check });
    if (checked.exitCode !== 0) return [{ class: "outcome", key: "outcome", value: "syntax" }];
    if (MLGYM_WORD.test(command)) return "mixed";
    const answer = await act("shell", { command: here });
    cwd = answer.cwd;
    return answer.timedOut ? "timedOut" : shellFacts(command, printedOf(answer));
  };

  const carryOut = async (
    command: MlgymCommand,
    recorded: readonly Fact[],
  ): Promise<readonly Fact[] | Skipped> => {
    const ending = recorded.find((fact) => fact.class === "outcome")?.value ?? "";
    switch (command.kind) {
      case "open":
      case "goto":
      case "create":
        return editor[command.kind](command.words.map(herePath));
      case "scroll":
        return editor.scroll(command.direction);
      case "edit":
        return editor.edit(command.range, command.text.map(relocated), ending);
      case "insert":
        return editor.insert(command.after, command.text.map(relocated), ending);
      case "malformed":
        return [{ class: "outcome", key: "outcome", value: "malformed" }];
      case "searchDir":
      case "searchFile":
      case "findFile":
        return searched(act, command, editor.openFile());
      case "validate":
        return evaluated();
      case "submit":
      case "exit":
        return "noReply";
      case "shell":
        return shell(command.command);
      default:
        return command satisfies never;
    }
  };

  const compare = (index: number, recorded: readonly Fact[], now: readonly Fact[], step: TrajStep) => {
    const isLooking = parseAction(step.action).every(
      ({ kind }) => kind === "open" || kind === "goto" || kind === "scroll",
    );
    const rebuiltHere = isLooking && rebuiltWindow(recorded, vintage, editor.changed);
    const isGiven = (fact: Fact) =>
      rebuiltHere && (fact.class === "line" || fact.class === "header" || fact.class === "range");
    given += recorded.filter(isGiven).length;
    const ground: Ground = {
      step: index,
      tolerance: (score) =>
        definition.judge.kind === "script" ? RANDOM_TOLERANCE : EXACT_TOLERANCE * Math.abs(score),
      isTampered: [...editor.changed].some(
        (file) => !settings.submission.includes(file) && vintage.workspace.some(({ path }) => path === file),
      ),
      secretFiles: settings.files.filter((file) => !vintage.workspace.some(({ path }) => path === file)),
      isElsewhere: differences.some(({ reason }) => reason === "environment"),
      isRandom: definition.judge.kind === "script",
      judgeReason,
      observation: step.observation ?? "",
      unknownFiles: isVintageOld ? vintage.unseen : new Set(),
      rebuiltFiles: vintage.rebuilt,
    };
    const found = compareFacts(
      recorded.filter((fact) => !isGiven(fact)),
      now.filter((fact) => !isGiven(fact)),
      ground,
    );
    for (const [name, count] of Object.entries(found.equal)) {
      const fact = recorded.find((one) => one.class === name)?.class;
      if (fact !== undefined) equal[fact] = (equal[fact] ?? 0) + count;
    }
    differences.push(...found.differences);
  };

  const last = traj.trajectory.length - 1;
  for (const [index, step] of traj.trajectory.entries()) {
    const observation = step.observation ?? "";
    compare(index, recordedState(step), stateNow(editor.openFile(), cwd, step), step);
    const commands = parseAction(step.action);
    const isEnding = index === last && JUDGED_ENDING.test(traj.info.exit_status ?? "");
    if (isEnding && (ENDED.test(observation) || commands.at(-1)?.kind === "submit")) {
      const now = await evaluated();
      if (typeof now === "string") skip(now);
      else {
        const told = now.filter(
          (fact) => fact.class === "outcome" || (fact.class === "score" && fact.key === settings.metric),
        );
        compare(index, endingFacts(traj, settings), told, step);
      }
      continue;
    }
    if (TIMED_OUT.test(observation)) {
      skip("timedOut");
      continue;
    }
    const [command] = commands;
    if (command === undefined || commands.length > 1) {
      if (commands.length > 1) skip("mixed");
      continue;
    }
    const recorded = recordedFacts(command, observation);
    const now = await carryOut(command, recorded);
    if (typeof now === "string") skip(now);
    else compare(index, scoresThatCount(recorded, settings), now, step);
  }
  return {
    steps: traj.trajectory.length,
    equal,
    differences,
    skipped,
    given,
    vintage: vintage.name,
  };
}

/** Whether the run found its evaluation script write-protected: as it shows, else as the configuration says. */
function isProtected({ trajectory }: Traj, { script, readOnly }: MlgymSettings): boolean {
  for (const { action, observation } of trajectory) {
    const [command] = parseAction(action);
    if (command?.kind !== "edit" && command?.kind !== "insert") continue;
    const text = observation ?? "";
    if (text.includes(`read-only file ${MLGYM_WORKSPACE}/${script}`)) return true;
    if (text.includes(`[File: ${MLGYM_WORKSPACE}/${script} (`)) return false;
  }
  return readOnly;
}

/** Whether a step shows a file that was rebuilt from such showing, and is still as it was. */
function rebuiltWindow(
  recorded: readonly Fact[],
  { rebuilt }: Vintage,
  changed: ReadonlySet<string>,
): boolean {
  const header = recorded.find((fact) => fact.class === "header")?.value ?? "";
  const path = header.slice(0, header.lastIndexOf(", "));
  return rebuilt.has(path) && !changed.has(path);
}
