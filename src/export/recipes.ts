// The export recipes by name: the map that runner and command line choose from.
import { atif } from "./atif.ts";
import { dpoSteps } from "./dpoSteps.ts";
import { dpoTrajectories } from "./dpoTrajectories.ts";
import { grpoPrompts } from "./grpoPrompts.ts";
import { hfTraces } from "./hfTraces.ts";
import { kto } from "./kto.ts";
import { nemoDpo } from "./nemoDpo.ts";
import { raw } from "./raw.ts";
import { rewardPairs } from "./rewardPairs.ts";
import { rlFlat } from "./rlFlat.ts";
import { rlSteps } from "./rlSteps.ts";
import { sftAxolotl } from "./sftAxolotl.ts";
import { sftBranches } from "./sftBranches.ts";
import { sftLlamafactory } from "./sftLlamafactory.ts";
import { sftMessages } from "./sftMessages.ts";
import { sftOpenai } from "./sftOpenai.ts";
import { sftSharegpt } from "./sftSharegpt.ts";
import { sftSlime } from "./sftSlime.ts";
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
  "sft_messages",
  "sft_steps",
  "sft_tokens",
  "sft_tokenized",
  "sft_axolotl",
  "sft_slime",
  "sft_llamafactory",
  "sft_sharegpt",
  "sft_openai",
  "dpo_steps",
  "dpo_trajectories",
  "nemo_dpo",
  "kto",
  "reward_pairs",
  "grpo_prompts",
  "verl_rl",
  "skyrl_rl",
  "rl_steps",
  "rl_flat",
  "atif",
  "hf_traces",
] as const;
export type RecipeName = (typeof RECIPE_NAMES)[number];

export const RECIPES = {
  raw,
  sft_branches: sftBranches,
  sft_text_chat: sftTextChat,
  sft_messages: sftMessages,
  sft_steps: sftSteps,
  sft_tokens: sftTokens,
  sft_tokenized: sftTokenized,
  sft_axolotl: sftAxolotl,
  sft_slime: sftSlime,
  sft_llamafactory: sftLlamafactory,
  sft_sharegpt: sftSharegpt,
  sft_openai: sftOpenai,
  dpo_steps: dpoSteps,
  dpo_trajectories: dpoTrajectories,
  nemo_dpo: nemoDpo,
  kto,
  reward_pairs: rewardPairs,
  grpo_prompts: grpoPrompts,
  verl_rl: verlRl,
  skyrl_rl: skyrlRl,
  rl_steps: rlSteps,
  rl_flat: rlFlat,
  atif,
  hf_traces: hfTraces,
} as const;

/** The recipe where nobody names one. */
export const DEFAULT_RECIPE: RecipeName = "sft_branches";
