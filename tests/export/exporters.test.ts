// Every recipe keeps the exporters' contract.
import type { Recipe } from "../../src/export/recipe.ts";
import { RECIPES } from "../../src/export/recipes.ts";
import { exporterContracts } from "../contracts/exporter.ts";

exporterContracts(Object.values<Recipe>(RECIPES).filter(({ tokenizer }) => tokenizer !== "needed"));
