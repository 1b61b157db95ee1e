// The datasets that an export is made from, surveyed as one.
import { merged, type Source } from "../dataset/mergedDatasets.ts";
import type { Split } from "../dataset/splitOf.ts";
import { type SurveyRow, surveyRows } from "./survey.ts";

/** Every rollout of a split once, in key order, as a survey shows it; conflicts are for the reading proper to find. */
export async function* mergedSurvey(
  sources: readonly Source[],
  split: Split,
  columns: readonly string[],
): AsyncGenerator<SurveyRow> {
  const streams = sources.map((source) => ({ source, rows: surveyRows(source.dataset, split, columns) }));
  for await (const [first] of merged(streams, ({ trajectory }) => trajectory.trajectory_id)) {
    if (first !== undefined) yield first.row;
  }
}
