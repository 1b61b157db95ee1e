// Writes measured numbers into a task.yaml where the old ones stand. Comments, order and every other character stay as they are.
import { readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { isNode, parseDocument } from "yaml";
import { StoreError } from "../core/errors.ts";

/** What `tasks check` measures of a task; null leaves the recorded number alone. */
export interface Measured {
  readonly starter: number;
  readonly probe: number | null;
  readonly best: number | null;
  readonly sigma: number;
}

const SCORE_DIGITS = 6;
const SIGMA_DIGITS = 3;

/** The text of a task.yaml with measured numbers in place of the recorded ones. */
export function withMeasured(text: string, measured: Measured): string {
  const document = parseDocument(text);
  const edits = [
    { at: ["anchors", "starter"], value: measured.starter, digits: SCORE_DIGITS },
    { at: ["anchors", "probe"], value: measured.probe, digits: SCORE_DIGITS },
    { at: ["anchors", "best"], value: measured.best, digits: SCORE_DIGITS },
    { at: ["sigma"], value: measured.sigma, digits: SIGMA_DIGITS },
  ].flatMap(({ at, value, digits }) => {
    const node = document.getIn(at, true);
    if (value === null) return [];
    if (!isNode(node) || !node.range) throw new StoreError(`task.yaml has no ${at.join(".")} to write to`);
    return [{ from: node.range[0], to: node.range[1], text: String(Number(value.toPrecision(digits))) }];
  });
  return edits
    .toSorted((a, b) => b.from - a.from)
    .reduce((edited, { from, to, text: number }) => edited.slice(0, from) + number + edited.slice(to), text);
}

/** Writes measured numbers into a task's folder, whole or not at all. */
export async function recordMeasured(folder: string, measured: Measured): Promise<void> {
  const file = path.join(folder, "task.yaml");
  const partial = `${file}.partial`;
  await writeFile(partial, withMeasured(await readFile(file, "utf8"), measured));
  await rename(partial, file);
}
