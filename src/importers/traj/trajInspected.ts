// Imported rows in the detectors' shape. A .traj file says neither whether an edit was taken nor which submission a score is of: the first is
// read off MLGym's answer, the second stays unknown.
import { z } from "zod";
import type { StepRow, TrajectoryRow } from "../../dataset/schema.ts";
import { relativePath } from "../../integrity/actionText.ts";
import { type InspectedAction, type InspectedRecord, inspectedAction } from "../../integrity/inspected.ts";

const stateSchema = z.object({ open_file: z.string().catch("n/a"), working_dir: z.string().catch(".") });
const validationSchema = z.object({ score: z.number() });

/** How MLGym's editor answers an edit that it took. */
const TAKEN = /^File updated\./m;
/** How `create` shows the file that it made. */
const CREATED = /^\[File: /;

/** The record of one imported trajectory. */
export function inspectedTraj(row: TrajectoryRow, steps: readonly StepRow[]): InspectedRecord {
  const validations = steps.flatMap((step) =>
    step.actions.flatMap(({ validation }) => {
      const told = validationSchema.safeParse(validation);
      return told.success ? [{ step: step.step_index, score: told.data.score, submission: null }] : [];
    }),
  );
  return {
    key: row.trajectory_id,
    actions: steps.flatMap(actionsOf),
    validations,
    finalSubmission: null,
    score: row.score_raw === null ? null : { submission: null, mean: row.score_raw, count: 1 },
    bestScore: null,
  };
}

function actionsOf(step: StepRow): readonly InspectedAction[] {
  const state = stateSchema.safeParse(step.state_before);
  const { open_file, working_dir } = state.success ? state.data : { open_file: "n/a", working_dir: "." };
  const cwd = relativePath(working_dir, ".");
  return step.actions.map(({ tool, text, error, observation }) => {
    const answer = observation ?? "";
    const isEdit = tool === "edit" || tool === "insert";
    const created = tool === "create" ? text.trim().split(/\s+/)[1]?.replaceAll(/["']/g, "") : undefined;
    return inspectedAction({
      step: step.step_index,
      tool,
      text,
      isCarriedOut: error === null,
      ok: isEdit ? TAKEN.test(answer) : tool === "create" ? CREATED.test(answer) : null,
      command: tool === "shell" ? text : null,
      written: isEdit ? bodyOf(text) : null,
      target: isEdit ? fileOf(open_file) : created === undefined ? null : relativePath(created, cwd),
      cwd,
      observation: answer,
    });
  });
}

/** The text of an edit: what follows its first line. */
function bodyOf(text: string): string {
  const end = text.indexOf("\n");
  return end < 0 ? "" : text.slice(end + 1);
}

function fileOf(open: string): string | null {
  return open === "n/a" || open === "" ? null : relativePath(open, ".");
}
