// dataset_info.json, by which LLaMA-Factory finds the columns of an export.
import type { Json } from "../core/json.ts";
import type { ManifestFile } from "../dataset/manifest.ts";

/** An entry for each split that has rows, under the recipe's name and the split's. */
export function datasetInfo(
  recipe: string,
  files: readonly ManifestFile[],
  described: { readonly [key: string]: Json },
): { readonly path: string; readonly text: string } {
  const splits = [...new Set(files.flatMap(({ split }) => split ?? []))];
  const entries = splits.map((split) => {
    const own = files.filter((file) => file.split === split);
    const [first] = own;
    // A name with several files is given as their folder; one file by its own path.
    const place = own.length === 1 && first !== undefined ? first.path : `data/${recipe}`;
    return [`${recipe}_${split}`, { file_name: place, ...described }] as const;
  });
  return { path: "dataset_info.json", text: `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n` };
}
