// What an export is: a map from canonical rows to rows of its own table, with a reason for all it leaves out. Most recipes look
// at one rollout at a time; those that compare rollouts take a look at all of them first.
import type { z } from "zod";
import type { Json } from "../core/json.ts";
import type { PlainRow } from "../dataset/cells.ts";
import type { ManifestFile } from "../dataset/manifest.ts";
import type { RolloutRows } from "../dataset/rows.ts";
import type { Table, TaskRow } from "../dataset/schema.ts";
import type { ChatTokenizer } from "./chatTokenizer.ts";
import type { SurveyedRollout } from "./survey.ts";

/** Why something is not in an export, in words. A closed list: the report counts each. */
export const LEFT_OUT_DOCS = {
  notKept: "The verdict is not keep.",
  notSelected: "`--where` does not hold of it.",
  noSteps: "The rollout has no step.",
  nothingToTrain: "No reply of the branch, or the step's reply not, is worth imitating.",
  invalidToolArguments: "A tool call's arguments are not a JSON object, so no trainer could render them.",
  nativeTools: "The format is text only, and the rollout calls tools natively.",
  promptUnknown: "An imported record does not say what the model was sent.",
  unmaskableTurn: "The format cannot mask a turn, and one that must not be trained on stands first.",
  rewrittenHistory:
    "The format holds a rollout in one piece, and the model never saw it so: its history was rewritten, or reasoning taken out of it.",
  tokenIdsAbsent: "The server returned no token ids with some reply, and ids are never made from text.",
  notScored: "It has no reward, which is not 0.",
  promptUnshared: "No other rollout answered any of its prompts.",
  rewardsTooClose: "The rewards of those that answered the same prompt differ by less than the margin.",
  sameReply: "Both replies of the pair are the same.",
  promptRepeated: "Another row has the same prompt already.",
  turnsOutOfOrder: "The format wants a person's turn and the model's in strict alternation.",
  textBesideCalls: "A reply has both text and tool calls, and the format holds one of them.",
  logprobsAbsent: "The server returned no log-probabilities with some reply.",
  breaksFormat: "Something in it breaks a rule of the format; the report has examples.",
  templateRefused:
    "The chat template refuses the conversation, or shows its turns in no order that can be followed.",
} as const;
export type LeftOutReason = keyof typeof LEFT_OUT_DOCS;

export function isLeftOutReason(name: string): name is LeftOutReason {
  return Object.hasOwn(LEFT_OUT_DOCS, name);
}

export interface Exported<Row> {
  readonly rows: readonly Row[];
  /** One for each branch, step or pair (or the rollout as a whole) that gives no row. */
  readonly leftOut: readonly LeftOutReason[];
  /** Trained turns that the format has no room for, in rows that are there. */
  readonly turnsCut: number;
  /** Rows of the recipe's other tables. */
  readonly more?: readonly MoreRow[];
}

/** A row of another table than the recipe's main one. */
export interface MoreRow {
  readonly table: string;
  readonly row: PlainRow;
}

/** What became of a rollout: in the export, or why not. */
export type Fate = "exported" | LeftOutReason;

/** What a recipe says once every rollout has been seen. */
export interface Closing {
  /** Sentences for whoever trains on it: on the card, in the report, on the terminal. */
  readonly notes: readonly string[];
  /** Measures of the whole export, by name. */
  readonly figures: { readonly [name: string]: Json };
  /** How many rollouts met which fate, where only the whole decides it. */
  readonly fates?: Iterable<Fate>;
}

/** One export under way. */
export interface Conversion<Row> {
  /** Is shown every rollout that will be converted, before the first of them is. Absent: rows need their own rollout only. */
  survey?(rollout: SurveyedRollout): void;
  /** Contract: depends on the rollout, the survey and what was converted before, on nothing else. */
  convert(rollout: RolloutRows): Exported<Row>;
  /** Rows that belong to no rollout; each names its split in a column. */
  ahead?(): readonly MoreRow[];
  close?(): Closing;
}

/** What a conversion may use besides rollouts. */
export interface Around {
  readonly tasks: ReadonlyMap<string, TaskRow>;
  /** The one that the user gave; null where none was. */
  readonly tokenizer: ChatTokenizer | null;
}

export interface Recipe<Row extends z.ZodObject = z.ZodObject> {
  /** Also the name of the card's configuration and of the folder under data/. */
  readonly name: string;
  /** Name with the version of its columns, as the footer states it. */
  readonly schemaVersion: string;
  /** For the card: what a row is and how a trainer takes it. */
  readonly doc: string;
  /** Who reads it as it is. */
  readonly readers: string;
  /** Parquet, lines of JSON, or one file of JSON a rollout. */
  readonly form: "parquet" | "lines" | "documents";
  /** Reasons that it may have besides `notKept` and `notSelected`. */
  readonly reasons: readonly LeftOutReason[];
  /** `needed`: the user has to give a tokenizer. `used`: it measures more with one. */
  readonly tokenizer?: "needed" | "used";
  /** The rows; of a `documents` recipe: an id and the document. */
  readonly table: Table<Row>;
  /** Estimated bytes of a Parquet row group, where rows are long lists of numbers: writing them takes many times that. */
  readonly bytesPerGroup?: number;
  /** Tables besides: the rollouts that `raw` takes apart. */
  readonly moreTables?: readonly Table[];
  /** `all`: dropped rollouts too, with their verdict. */
  readonly takes?: "all";
  open(around: Around): Conversion<z.infer<Row>>;
  /** Small files beside the rows that its trainer wants, made of the list of those that hold them. */
  companions?(files: readonly ManifestFile[]): readonly { readonly path: string; readonly text: string }[];
}

/** A recipe whose rows need their own rollout only. */
export interface PureRecipe<Row extends z.ZodObject = z.ZodObject> extends Recipe<Row> {
  /** Contract: pure; a row's key rises with the rollout's key and then within it. */
  convert(rollout: RolloutRows): Exported<z.infer<Row>>;
}

/** For recipes of token ids: about two million numbers a group. */
export const TOKEN_GROUP_BYTES = 16_000_000;

/** Makes a recipe of one pure function. */
export function pureRecipe<Row extends z.ZodObject>(recipe: Omit<PureRecipe<Row>, "open">): PureRecipe<Row> {
  return { ...recipe, open: () => ({ convert: recipe.convert }) };
}

/** A rollout that gives nothing, as a whole. */
export function nothing(reason: LeftOutReason): Exported<never> {
  return { rows: [], leftOut: [reason], turnsCut: 0 };
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
