// Which of a task's numbers counts, and which way is better. MLGym's configurations do not say; its own tables do, for the tasks they have.
import type { TaskDefinition } from "../../core/task.ts";

/** A metric's name as the evaluation script prints it, and its direction. */
export interface Metric {
  readonly name: string;
  readonly direction: TaskDefinition["metric"]["direction"];
  /** False where name and direction are guessed. */
  readonly isKnown: boolean;
}

/** By MLGym's ids: the metric that the tables of its paper are made of. */
const KNOWN: Readonly<Record<string, readonly [string, Metric["direction"]]>> = {
  "3SATTime": ["Time", "minimize"],
  battleOfSexes: ["Score", "maximize"],
  blotto: ["Score", "maximize"],
  prisonersDilemma: ["Score", "maximize"],
  imageCaptioningCOCO: ["BLEU Score", "maximize"],
  imageClassificationCifar10: ["accuracy", "maximize"],
  imageClassificationFMnist: ["accuracy", "maximize"],
  languageModelingFineWeb: ["val_loss", "minimize"],
  naturalLanguageInferenceMNLI: ["validation_accuracy", "maximize"],
  regressionKaggleHousePrice: ["r2", "maximize"],
  regressionKaggleHousePriceL1: ["r2", "maximize"],
  rlBreakoutMinAtar: ["Reward Mean", "maximize"],
  rlMetaMazeMisc: ["Reward Mean", "maximize"],
  rlMountainCarContinuous: ["Reward Mean", "maximize"],
  rlMountainCarContinuousReinforce: ["Reward Mean", "maximize"],
  titanicSurvival: ["Accuracy", "maximize"],
};
const SMALLER_IS_BETTER = /loss|error|time|rmse|mse|mae|perplexity|regret|cost/i;

/** The metric that counts; null where the configuration has no score of a baseline to take a name from. */
export function metricOf(id: string, baseline: Readonly<Record<string, number>> | undefined): Metric | null {
  const known = KNOWN[id];
  if (known !== undefined) return { name: known[0], direction: known[1], isKnown: true };
  const [name] = Object.keys(baseline ?? {});
  if (name === undefined) return null;
  return { name, direction: SMALLER_IS_BETTER.test(name) ? "minimize" : "maximize", isKnown: false };
}
