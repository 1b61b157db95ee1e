// Which rows may leave the house: none of scripted policies, replays, benchmarks or tasks not to train on unless somebody says
// so by name, and none whose teacher's terms forbid it, whoever says so.
import { UserError } from "../core/errors.ts";
import type { Allowance } from "../dataset/manifest.ts";
import { isSampled, REPLAY_PROVIDER, SCRIPTED_PROVIDER } from "../dataset/rows.ts";
import type { TrajectoryRow } from "../dataset/schema.ts";

/** Throws a UserError that names the rollout, what it is, and what would let it out. */
export function refuseUnlessAllowed(trajectory: TrajectoryRow, allow: readonly Allowance[]): void {
  const refuse = (allowance: Allowance, what: string) => {
    throw new UserError(
      `rollout ${trajectory.trajectory_id} ${what}; such rows are exported only with ` +
        `\`allow: [${allowance}]\` in the pipeline or \`--allow ${allowance}\` on the command line`,
    );
  };
  if (trajectory.output_terms === "forbidden") {
    throw new UserError(
      `rollout ${trajectory.trajectory_id} was played by ${trajectory.model ?? "a model"}, whose terms forbid training on its replies ` +
        "(`outputTerms: forbidden` in the pipeline); no allowance lets such rows out: leave them out by a filter, or with --where 'not output_terms = forbidden'",
    );
  }
  if (trajectory.provider === SCRIPTED_PROVIDER && !allow.includes("scripted")) {
    refuse("scripted", "was played by a scripted policy");
  }
  if (trajectory.provider === REPLAY_PROVIDER && !allow.includes("replay")) {
    refuse("replay", "is a replay of a recorded one");
  }
  if (trajectory.task_use === "benchmark" && !allow.includes("benchmark")) {
    refuse("benchmark", `is of the benchmark task ${trajectory.task_id}`);
  }
  const { task_use: use, trainable, provider } = trajectory;
  if (use === "train" && !trainable && isSampled(provider) && !allow.includes("notTrainable")) {
    refuse("notTrainable", `is of the task ${trajectory.task_id}, whose task.yaml says \`notTrainable\``);
  }
}
