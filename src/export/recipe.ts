// What an export is: a pure map from a rollout's canonical rows to rows of its own table, with a reason for all it leaves out.
import type { z } from "zod";
import type { RolloutRows } from "../dataset/rows.ts";
import type { Table } from "../dataset/schema.ts";

/** Why something is not in an export. A closed list: the report counts each. */
export const LEFT_OUT_REASONS = [
  /** The verdict is not keep. */
  "notKept",
  /** The rollout has no step. */
  "noSteps",
  /** No reply of the branch is worth imitating. */
  "nothingToTrain",
  /** A tool call's arguments are not a JSON object, so no trainer could render them. */
  "invalidToolArguments",
  /** The format is text only, and the rollout calls tools natively. */
  "nativeTools",
  /** An imported record does not say what the model was sent. */
  "promptUnknown",
  /** The format cannot mask a turn, and one that must not be trained on stands first. */
  "unmaskableTurn",
] as const;
export type LeftOutReason = (typeof LEFT_OUT_REASONS)[number];

export interface Exported<Row> {
  readonly rows: readonly Row[];
  /** One for each branch (or the rollout as a whole) that gives no row. */
  readonly leftOut: readonly LeftOutReason[];
  /** Trained turns that the format has no room for, in rows that are there. */
  readonly turnsCut: number;
}

export interface Recipe<Row extends z.ZodObject = z.ZodObject> {
  /** Also the name of the card's configuration and of the folder under data/. */
  readonly name: string;
  /** Name with the version of its columns, as the footer states it. */
  readonly schemaVersion: string;
  /** For the card: what a row is and which trainers take it. */
  readonly doc: string;
  readonly table: Table<Row>;
  /** Contract: pure; a row's key rises with the rollout's key and then with the branch. */
  convert(rollout: RolloutRows): Exported<z.infer<Row>>;
}

/** The marks of a row's origin, in every recipe. */
export interface RowOrigin {
  readonly trajectory_id: string;
  readonly task_id: string;
  readonly model: string | null;
  readonly reward: number | null;
}

export function originOf({ trajectory }: RolloutRows): RowOrigin {
  const { trajectory_id, task_id, model, reward } = trajectory;
  return { trajectory_id, task_id, model, reward };
}
