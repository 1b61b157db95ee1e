// The export recipes by name: the map that runner and command line choose from.
import { sftBranches } from "./sftBranches.ts";
import { sftTextChat } from "./sftTextChat.ts";

export const RECIPE_NAMES = ["sft_branches", "sft_text_chat"] as const;
export type RecipeName = (typeof RECIPE_NAMES)[number];

export const RECIPES = { sft_branches: sftBranches, sft_text_chat: sftTextChat } as const;

/** The recipe where nobody names one. */
export const DEFAULT_RECIPE: RecipeName = "sft_branches";
