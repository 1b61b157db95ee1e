// Which of a task's numbers is its score, and which way is better. Neither a .traj file nor a configuration says it; MLGym's own tables do.

export interface MlgymMetric {
  readonly name: string;
  readonly higherIsBetter: boolean;
}

const up = (name: string): MlgymMetric => ({ name, higherIsBetter: true });
const down = (name: string): MlgymMetric => ({ name, higherIsBetter: false });

/** By MLGym's id of the task: its thirteen of the benchmark, then the others that it ships. */
const METRICS: Readonly<Record<string, MlgymMetric>> = {
  regressionKaggleHousePrice: up("r2"),
  "3SATTime": down("Time"),
  imageClassificationCifar10: up("accuracy"),
  imageClassificationFMnist: up("accuracy"),
  imageCaptioningCOCO: up("BLEU Score"),
  languageModelingFineWeb: down("val_loss"),
  naturalLanguageInferenceMNLI: up("validation_accuracy"),
  battleOfSexes: up("Score"),
  prisonersDilemma: up("Score"),
  blotto: up("Score"),
  rlBreakoutMinAtar: up("Reward Mean"),
  rlMetaMazeMisc: up("Reward Mean"),
  rlMountainCarContinuous: up("Reward Mean"),
  rlMountainCarContinuousReinforce: up("Reward Mean"),
  titanicSurvival: up("accuracy"),
  regressionKaggleHousePriceL1: up("r2"),
};

/** MLGym's id at the end of a file's name, as `…_blotto`; the name itself where none stands there. */
export function taskNamedBy(name: string): string {
  return Object.keys(METRICS).find((id) => name === id || name.endsWith(`_${id}`)) ?? name;
}

/** The metric of a task of MLGym's; null for a task that it does not ship. */
export function mlgymMetric(taskId: string): MlgymMetric | null {
  return Object.hasOwn(METRICS, taskId) ? (METRICS[taskId] ?? null) : null;
}
