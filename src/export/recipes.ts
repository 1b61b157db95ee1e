// The export recipes by name: the map that runner and command line choose from.
import { atif } from "./atif.ts";
import { dpoSteps } from "./dpoSteps.ts";
import { grpoPrompts } from "./grpoPrompts.ts";
import { nemoDpo } from "./nemoDpo.ts";
import { raw } from "./raw.ts";
import { rlSteps } from "./rlSteps.ts";
import { sftBranches } from "./sftBranches.ts";
import { sftSteps } from "./sftSteps.ts";
import { sftTextChat } from "./sftTextChat.ts";
import { sftTokenized } from "./sftTokenized.ts";
import { sftTokens } from "./sftTokens.ts";
import { skyrlRl } from "./skyrlRl.ts";
import { verlRl } from "./verlRl.ts";

export const RECIPE_NAMES = [
  "raw",
  "sft_branches",
  "sft_text_chat",
  "sft_steps",
  "sft_tokens",
  "sft_tokenized",
  "dpo_steps",
  "nemo_dpo",
  "grpo_prompts",
  "verl_rl",
  "skyrl_rl",
  "rl_steps",
  "atif",
] as const;
export type RecipeName = (typeof RECIPE_NAMES)[number];

export const RECIPES = {
  raw,
  sft_branches: sftBranches,
  sft_text_chat: sftTextChat,
  sft_steps: sftSteps,
  sft_tokens: sftTokens,
  sft_tokenized: sftTokenized,
  dpo_steps: dpoSteps,
  nemo_dpo: nemoDpo,
  grpo_prompts: grpoPrompts,
  verl_rl: verlRl,
  skyrl_rl: skyrlRl,
  rl_steps: rlSteps,
  atif,
} as const;

/** The recipe where nobody names one. */
export const DEFAULT_RECIPE: RecipeName = "sft_branches";
