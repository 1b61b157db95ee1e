// The library: what a program may rely on. The Gym plays one task; the other functions are the steps of `nightshift run`, in their order.

export { z } from "zod";
export { exportRecipe } from "./compose/exports.ts";
// The Gym: `reset` and `step` over a task, in sandboxes, with the task's own judge; one, or many side by side.
export { Gym } from "./compose/gym.ts";
export type { GymAction, NativeAction } from "./compose/gymAction.ts";
export type {
  GymInfo,
  GymOptions,
  GymScore,
  ResetInfo,
  ResetReturn,
  StepReturn,
} from "./compose/gymContract.ts";
export { GymPool, type GymPoolOptions } from "./compose/gymPool.ts";
export { checkPlan, type Place } from "./compose/place.ts";
export { planOf, readPipeline } from "./compose/plan.ts";
export { openPlannedRun } from "./compose/runs.ts";
// What there is: tasks to play, datasets to read.
export { listAllFamilies, listAllTasks, openTask } from "./compose/tasks.ts";
// A run: the real world, a pipeline file, its plan, its place, its directory.
export { createWorld, type World } from "./compose/world.ts";
export type { Action, Env, Observation, ResetOptions, StepInfo, StepResult, Validation } from "./core/env.ts";
// The nouns.
export { BoundaryError, StoreError, UserError } from "./core/errors.ts";
export type { Evaluation, SubmissionId } from "./core/evaluation.ts";
export type { RolloutLimits } from "./core/limits.ts";
export type { Outcome } from "./core/outcome.ts";
export type { Task, TaskDefinition } from "./core/task.ts";
export type { NativeDoc, Tool, ToolContext } from "./core/tool.ts";
export type { Trajectory } from "./core/trajectory.ts";
export type { Verdict } from "./core/verdict.ts";
export { type Dataset, openDataset } from "./dataset/openDataset.ts";
export type { Pipeline } from "./pipeline/pipelineFile.ts";
export type { Plan, PlannedCell } from "./pipeline/plan.ts";
export type { PlannedRun, Progress } from "./pipeline/plannedRun.ts";
// What of finished rollouts is worth another try.
export {
  choosePivots,
  PIVOT_REASONS,
  type Pivot,
  type PivotReason,
  type PivotRules,
} from "./stages/pivots.ts";
// A tool of one's own: `cells.agents[].tools` names its file.
export { defineTool, type ToolAnswer, type ToolDefinition } from "./tools/defineTool.ts";
