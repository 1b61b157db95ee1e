// How a card says that four trainers are given an export, once it is a repository on a hub.

/** A table of TRL, Axolotl, LLaMA-Factory and verl. Which of them reads the rows as they are, the recipe says. */
export function inTrainers(config: string, extension: "parquet" | "jsonl"): string {
  const rows: readonly [string, string][] = [
    ["TRL", `\`train_dataset=load_dataset("ORG/NAME", "${config}", split="train")\``],
    ["Axolotl", `\`datasets: [{path: ORG/NAME, name: ${config}, split: train, type: …}]\``],
    [
      "LLaMA-Factory",
      `in dataset_info.json \`{"hf_hub_url": "ORG/NAME", "subset": "${config}", "split": "train"}\``,
    ],
    [
      "verl",
      `\`data.train_files=data/${config}/train-*.${extension}\`, each file by its name, of a downloaded copy`,
    ],
  ];
  return [
    "Once it is pushed as `ORG/NAME`, trainers that read this format are given it so:",
    "",
    "| trainer | setting |",
    "|---|---|",
    ...rows.map(([trainer, setting]) => `| ${trainer} | ${setting} |`),
  ].join("\n");
}
