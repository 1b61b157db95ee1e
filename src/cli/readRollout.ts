// One rollout of a run by the start of its key: what is recorded of it, whether it has ended or not.
import { UserError } from "../core/errors.ts";
import type { PooledMessage } from "../core/message.ts";
import { nearestName } from "../core/nearest.ts";
import { outcomeText } from "../core/outcome.ts";
import type { RolloutState } from "../core/runState.ts";
import type { StepRecord, Trajectory } from "../core/trajectory.ts";
import type { RunReader } from "../store/readRun.ts";
import { durationText } from "./table.ts";

/** A rollout as far as it has come: read from the archive, or from the steps log while it is played. */
export interface Shown {
  readonly rollout: RolloutState;
  readonly head: readonly string[];
  readonly pool: readonly PooledMessage[];
  readonly steps: readonly StepRecord[];
  /** Its sealed record; null while it is played. */
  readonly trajectory: Trajectory | null;
}

/** The one rollout whose key starts with `prefix`. Throws UserError when there is none, or more than one. */
export async function readRollout(reader: RunReader, prefix: string): Promise<Shown> {
  const found = [...reader.state.rollouts.values()].filter(({ key }) => key.startsWith(prefix));
  const [rollout] = found;
  if (rollout === undefined || found.length > 1) {
    const keys = [...reader.state.rollouts.keys()];
    const where = `in ${reader.paths.directory}`;
    if (found.length > 1) {
      const some = found.slice(0, 3).map(({ key }) => key.slice(0, Math.max(12, prefix.length + 4)));
      throw new UserError(
        `${found.length} rollouts start with "${prefix}" ${where}; name more of the key, such as ${some.join(", ")}`,
      );
    }
    const near = nearestName(
      prefix,
      keys.map((key) => key.slice(0, prefix.length)),
    );
    const some = keys.slice(0, 3).map((key) => key.slice(0, 12));
    const remedy =
      near === null ? `keys look like ${some.join(", ") || "(none yet)"}` : `did you mean ${near}?`;
    throw new UserError(`no rollout starts with "${prefix}" ${where}; ${remedy}`);
  }
  const name = `rollout ${rollout.key}, seed ${rollout.seedIndex}, retry ${rollout.retry}`;
  if (rollout.archive !== null) {
    const trajectory = await reader.archive.read(rollout.archive);
    const { outcome, finalSubmission, finalReason, bestValidated, cell, startedAtMs, endedAtMs } = trajectory;
    const failure = outcome.kind === "failed" ? ` (${outcome.error})` : "";
    const best =
      bestValidated === null
        ? "none"
        : `${bestValidated.submission.slice(0, 12)} with ${bestValidated.score}`;
    return {
      rollout,
      head: [
        name,
        `${cell.taskId}, ${cell.model.id}, ${outcomeText(outcome)}${failure}, ${trajectory.steps.length} steps, ${durationText(endedAtMs - startedAtMs)}`,
        `final submission ${finalSubmission?.slice(0, 12) ?? `none: ${finalReason}`}, best validated ${best}`,
      ],
      pool: trajectory.pool,
      steps: trajectory.steps,
      trajectory,
    };
  }
  const records = await (await reader.openSteps()).records(rollout.key, rollout.retry);
  const pool: PooledMessage[] = [];
  const steps: StepRecord[] = [];
  for (const record of records) {
    if (record.kind === "rollout-opened") pool.push(...record.messages);
    if (record.kind === "reply-received") {
      pool.push(...record.standIns, record.message);
      steps.push(record.step);
    }
    if (record.kind === "observation-made") {
      const step = steps[record.index];
      const action = step?.actions[record.action];
      if (step !== undefined && action !== undefined) {
        const actions = step.actions.with(record.action, { ...action, result: record.result });
        steps[record.index] = { ...step, actions };
      }
      if (record.message !== null) pool.push(record.message);
    }
    if (record.kind === "complaint-made") {
      const step = steps[record.index];
      if (step !== undefined) steps[record.index] = { ...step, complaint: record.message.index };
      pool.push(record.message);
    }
  }
  return { rollout, head: [`${name}, ${rollout.status}`], pool, steps, trajectory: null };
}
