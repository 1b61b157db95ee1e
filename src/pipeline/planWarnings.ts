// What is legal in a plan but unwise, each in one sentence with its key and what to do. Warnings stop nothing; what must not be is checkPlan's.
import { isEpisodeEndText } from "../core/outcome.ts";
import { foldersOf } from "../tasks/families/taskNames.ts";
import { isRemote, priceOf } from "./modelConfig.ts";
import type { Plan, PlannedCell } from "./plan.ts";

/** Rollouts at a time for each core, above which processes only wait for one another. */
const ROLLOUTS_PER_CORE_MAX = 8;
/** Share of a cell's seeds that must be kept, above which a target is likely to be missed. */
const ACCEPTED_SHARE_MAX = 0.8;
/** Names that one sentence lists. */
const NAMED_MAX = 3;

/** What a plan is played on, as far as a warning may depend on it. */
export interface Ground {
  readonly backend: string;
  readonly coreCount: number;
}

/** The warnings of a plan, in the order of the pipeline file. Pure. */
export function planWarnings(plan: Plan, ground: Ground): readonly string[] {
  return [
    ...absentWarnings(plan),
    ...samplingWarnings(plan),
    ...rolloutWarnings(plan),
    ...limitWarnings(plan),
    ...placeWarnings(plan, ground),
    ...budgetWarnings(plan),
    ...faultWarnings(plan),
    ...filterWarnings(plan),
    ...allowWarnings(plan),
  ];
}

function absentWarnings({ leftOut }: Plan): readonly string[] {
  if (leftOut.length === 0) return [];
  const names = foldersOf(leftOut).join(" ");
  return [
    `cells.absent: ${leftOut.length} ${leftOut.length === 1 ? "task is" : "tasks are"} left out; \`nightshift data prepare ${names}\` brings their data`,
  ];
}

function faultWarnings({ pipeline: { faults } }: Plan): readonly string[] {
  if (faults === null) return [];
  return [
    "faults: sandboxes and model calls are broken on purpose, which costs time and lost replies; leave the key out for data",
  ];
}

function samplingWarnings({ pipeline, cells }: Plan): readonly string[] {
  const { perCell } = pipeline.rollouts;
  const still = cells.filter((cell) => isReal(cell) && cell.cell.sampling.temperature === 0);
  if (still.length === 0 || perCell === 1) return [];
  return [
    `cells.sampling: at temperature 0 the ${perCell} seeds of a cell are nearly copies of one rollout; set a temperature, or rollouts.perCell: 1`,
  ];
}

function rolloutWarnings({ pipeline }: Plan): readonly string[] {
  const { accepted, perCell } = pipeline.rollouts;
  if (accepted === null || accepted <= ACCEPTED_SHARE_MAX * perCell) return [];
  return [
    `rollouts.accepted: ${accepted} of at most ${perCell} must be kept in each cell, more than ${ACCEPTED_SHARE_MAX * 100} %; raise perCell, or the target is likely to be missed`,
  ];
}

function limitWarnings({ cells }: Plan): readonly string[] {
  const short = cells.filter(({ cell: { limits } }) => limits.steps <= limits.validations);
  const [first] = short;
  if (first === undefined) return [];
  const { steps, validations } = first.cell.limits;
  return [
    `limits.steps: ${steps} steps leave no room for ${validations} validations and a submission (${tasksOf(short)}); raise steps, or lower limits.validations`,
  ];
}

function placeWarnings({ pipeline }: Plan, { backend, coreCount }: Ground): readonly string[] {
  const { rollouts } = pipeline.concurrency;
  if (backend !== "process" || rollouts <= ROLLOUTS_PER_CORE_MAX * coreCount) return [];
  return [
    `concurrency.rollouts: ${rollouts} at a time on ${coreCount} cores, and the process backend bounds no CPU: actions may run into their time limits; lower it to ${ROLLOUTS_PER_CORE_MAX * coreCount}, or use docker`,
  ];
}

function budgetWarnings({ pipeline, cells }: Plan): readonly string[] {
  const { usd, tokens, wallClockHours, deadline } = pipeline.budgets;
  const real = cells.filter(isReal);
  const [first] = real;
  if (first === undefined) return [];
  const warnings: string[] = [];
  if (usd === null && tokens === null && wallClockHours === null && deadline === null) {
    warnings.push(
      `budgets: nothing bounds what ${first.model.name} may cost; set budgets.usd, budgets.tokens or budgets.deadline`,
    );
  }
  if (usd === null) return warnings;
  const open = real.find(
    ({ cell, model }) => cell.sampling.maxTokens === undefined && model.wire !== "anthropic",
  );
  if (open !== undefined) {
    warnings.push(
      `cells.sampling: without maxTokens each call of ${open.model.name} sets aside dollars for a very long reply, so few run at once near the budget; set maxTokens`,
    );
  }
  const free = real.find(({ model }) => {
    const price = priceOf(model);
    if (price === null) return false;
    return "gpus" in price
      ? price.perGpuHourUsd === 0
      : price.inputPerMillion === 0 && price.outputPerMillion === 0;
  });
  if (free !== undefined) {
    warnings.push(
      `budgets.usd: the price of ${free.model.name} is 0, so its calls never count against ${usd}; give it its price, or set budgets.tokens`,
    );
  }
  return warnings;
}

function filterWarnings({ pipeline, cells }: Plan): readonly string[] {
  const { outcomes, stepsMin, improvementMin } = pipeline.stages.filter;
  const warnings: string[] = [];
  if (!outcomes.some(isEpisodeEndText)) {
    warnings.push(
      `stages.filter.outcomes: [${outcomes.join(", ")}] keeps nothing, since such rollouts have no result; add submitted`,
    );
  }
  const long = cells.filter(({ cell }) => stepsMin > cell.limits.steps);
  if (long.length > 0) {
    warnings.push(
      `stages.filter.stepsMin: ${stepsMin} is more than the steps that a rollout may take (${tasksOf(long)}), so nothing of these is kept; lower it`,
    );
  }
  if (improvementMin === null) return warnings;
  const beyond = cells.filter(({ task: { definition } }) => {
    const { starter, optimum } = definition.anchors;
    return optimum !== null && improvementMin > Math.abs(optimum - starter);
  });
  if (beyond.length > 0) {
    warnings.push(
      `stages.filter.improvementMin: ${improvementMin} is more than the optimum is above the baseline (${tasksOf(beyond)}), so nothing of these is kept; lower it`,
    );
  }
  return warnings;
}

function allowWarnings({ pipeline, cells }: Plan): readonly string[] {
  if (!pipeline.allow.includes("benchmark") || pipeline.stages.export.length === 0) return [];
  const benchmark = cells.filter((cell) => isReal(cell) && cell.task.definition.use === "benchmark");
  if (benchmark.length === 0) return [];
  return [
    `allow: rows of benchmark tasks (${tasksOf(benchmark)}) are exported; what trains on them can no longer be measured by them`,
  ];
}

function isReal({ model }: PlannedCell): boolean {
  return isRemote(model);
}

function tasksOf(cells: readonly PlannedCell[]): string {
  const ids = [...new Set(cells.map(({ cell }) => cell.taskId))];
  const rest = ids.length - NAMED_MAX;
  return `${ids.slice(0, NAMED_MAX).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
