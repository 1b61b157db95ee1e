// What a task's Python needs beyond the standard library, and which of the shipped images has it.

/** Packages that each image brings, by the names they are imported under; the smallest image first. */
const IMAGES = [
  ["python", []],
  ["science", ["numpy", "scipy", "pandas", "sklearn", "xgboost", "PIL"]],
  ["torch", ["numpy", "scipy", "pandas", "sklearn", "xgboost", "PIL", "torch", "torchvision"]],
  ["rl", ["numpy", "scipy", "jax", "jaxlib", "gymnax", "flax", "optax", "chex", "gymnasium", "yaml", "rich"]],
] as const satisfies readonly (readonly [string, readonly string[]])[];

/** Where MLGym's one environment for most tasks comes nearest: agents expect numpy, pandas and scikit-learn there. */
const GENERIC_IMAGE = "science";

export interface ImageChoice {
  readonly image: string;
  /** Packages that no image has together with the others. */
  readonly missing: readonly string[];
}

/** The smallest image that has the packages, or else the one that lacks fewest of them. */
export function imageFor(packages: readonly string[], wantsGeneric: boolean): ImageChoice {
  const choices = IMAGES.filter(([image]) => !wantsGeneric || image !== "python").map(([image, has]) => ({
    image,
    missing: packages.filter((name) => !has.some((one) => one === name)),
  }));
  const fewest = Math.min(...choices.map(({ missing }) => missing.length));
  return (
    choices.find(({ missing }) => missing.length === fewest) ?? { image: GENERIC_IMAGE, missing: packages }
  );
}
