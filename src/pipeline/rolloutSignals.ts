// The integrity signals of one rollout of a run, with their evidence: taken anew from its record, as its row has them.
import type { RolloutState, RunState } from "../core/runState.ts";
import type { Signal } from "../core/signal.ts";
import type { Trajectory } from "../core/trajectory.ts";
import { inspect } from "../stages/inspect.ts";
import type { Plan } from "./plan.ts";
import { allVerdicts, copiesAmong, recordScores } from "./verdicts.ts";

/** Its signals; null where the plan no longer has its cell. */
export function rolloutSignals(
  plan: Plan,
  state: RunState,
  rollout: RolloutState,
  trajectory: Trajectory,
): readonly Signal[] | null {
  const planned = plan.cells.find(({ id }) => id === rollout.cell);
  if (planned === undefined) return null;
  const scores = recordScores(plan.pipeline, planned, rollout, state);
  const copyOf = copiesAmong(plan, state, allVerdicts(plan, state)).get(rollout.key) ?? null;
  return inspect(trajectory, planned.task, scores, copyOf);
}
