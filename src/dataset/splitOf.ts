// Which split a task's rows stand in: a pure function of its use and family, so that no family leaks from train to test.
import { seedOf } from "../core/hash.ts";
import type { TaskDefinition } from "../core/task.ts";

export const SPLITS = ["train", "validation", "test", "benchmark"] as const;
export type Split = (typeof SPLITS)[number];

/** Of 100 families in the long run, so many validate and so many test; the others train. */
const VALIDATION_PERCENT = 5;
const TEST_PERCENT = 5;

/** `benchmark` for benchmark tasks, `test` for held-out ones, else by a stable hash of the family. */
export function splitOf(definition: Pick<TaskDefinition, "use" | "family">): Split {
  switch (definition.use) {
    case "benchmark":
      return "benchmark";
    case "heldOut":
      return "test";
    case "train": {
      const percentile = seedOf("split", definition.family) % 100;
      if (percentile < TEST_PERCENT) return "test";
      return percentile < TEST_PERCENT + VALIDATION_PERCENT ? "validation" : "train";
    }
    default:
      return definition.use satisfies never;
  }
}
