// The card: front matter that the Hub can read, books, baselines, and a warning nobody can overlook.
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { workerPool } from "../../src/compute/workerPool.ts";
import { huggingFaceCardFeatures } from "../../src/dataset/huggingFaceFeatures.ts";
import { stepsTable, tasksTable, trajectoriesTable } from "../../src/dataset/schema.ts";
import { schemaDocs } from "../../src/dataset/schemaDocs.ts";
import { writeDataset } from "../../src/dataset/writeDataset.ts";
import { FIXTURE_RUN, fixtureFunnel, fixtureRecord, fixtureTask, inKeyOrder, streamed } from "./fixtures.ts";
import { temporaryFolder } from "./temporary.ts";

const at = temporaryFolder();
const pool = workerPool({ workersMax: 1, waitingMax: 1 });
afterAll(() => pool[Symbol.asyncDispose]());

const yamlSchema = z.object({
  license: z.string(),
  size_categories: z.array(z.string()),
  configs: z.array(
    z.object({
      config_name: z.string(),
      default: z.boolean().optional(),
      data_files: z.array(z.object({ split: z.string(), path: z.string() })),
    }),
  ),
  dataset_info: z.array(
    z.object({ config_name: z.string(), features: z.array(z.unknown()), splits: z.array(z.unknown()) }),
  ),
});

describe("the card of a dataset with scripted and benchmark rows", () => {
  let card = "";
  beforeAll(async () => {
    const benchmark = fixtureTask("three-sat", { use: "benchmark", family: "sat" });
    await writeDataset({
      outDir: at("dataset"),
      tasks: [fixtureTask(), benchmark],
      rows: streamed(
        inKeyOrder([
          { ...fixtureRecord(), signals: [] },
          {
            ...fixtureRecord({ task: benchmark }),
            signals: [1, 2].map((step) => ({
              name: "net:tried",
              step,
              evidence: "curl x",
              source: "static",
            })),
          },
          fixtureRecord({ provider: "scripted", model: "policy" }),
        ]),
      ),
      runInfo: FIXTURE_RUN,
      funnel: fixtureFunnel(3),
      allow: ["scripted", "benchmark"],
      offThread: pool.runInWorker,
      signal: new AbortController().signal,
    });
    card = await readFile(at("dataset", "README.md"), "utf8");
  });

  it("counts rows by signal, and those of them that were kept", () => {
    expect(card).toContain("2 rows were looked through");
    expect(card).toContain("| `net:tried` | 1 | 1 |");
  });

  it("has front matter that is YAML and names configurations, splits and features", () => {
    const yaml = yamlSchema.parse(parse(card.split("---\n")[1] ?? ""));
    expect(yaml.license).toBe("cc-by-4.0");
    expect(yaml.size_categories).toEqual(["n<1K"]);
    expect(yaml.configs.map((config) => [config.config_name, config.default ?? false])).toEqual([
      ["trajectories", true],
      ["steps", false],
      ["tasks", false],
    ]);
    expect(yaml.configs[0]?.data_files).toEqual([
      { split: "train", path: "data/trajectories/train-*.parquet" },
      { split: "benchmark", path: "data/trajectories/benchmark-*.parquet" },
    ]);
    expect(yaml.dataset_info[0]?.features).toEqual(huggingFaceCardFeatures(trajectoriesTable.schema));
    expect(yaml.dataset_info[2]?.features).toContainEqual({ name: "definition", dtype: "json" });
    expect(yaml.dataset_info[1]?.splits).toMatchObject([
      { name: "train", num_examples: 6 },
      { name: "benchmark", num_examples: 3 },
    ]);
  });

  it("warns aloud and repeats what was allowed", () => {
    expect(card).toContain("[!WARNING]");
    expect(card).toContain("1 ROWS WERE NOT WRITTEN BY A LANGUAGE MODEL");
    expect(card).toContain("DO NOT TRAIN ON THEM");
    expect(card).toContain("`allow: [scripted, benchmark]`");
  });

  it("shows the books, scores beside baselines, and where rows come from", () => {
    expect(card).toContain(
      "| admitted | 6 |\n| kept | 3 |\n| dropped: belowScore | 2 |\n| failed: sandbox | 1 |",
    );
    expect(card).toContain(
      "| ames-price | train | rmse, lower is better | 0.2 | 0.15 | 0.12 | 2 | 2 | 2 | 0.15 | 0.15 |",
    );
    expect(card).toContain(`judge \`${fixtureTask().judgeHash}\``);
    expect(card).toContain("model `policy` at `r1`, provider `scripted`: 1 rows");
    expect(card).toContain("Nightshift 0.1.0-test");
    expect(card).toContain('load_dataset("path/to/this/folder", "trajectories", split="train")');
  });

  it("documents every column", () => {
    for (const table of [trajectoriesTable, stepsTable, tasksTable]) {
      expect(card).toContain(schemaDocs(table.schema));
    }
    expect(schemaDocs(stepsTable.schema)).toContain(
      "| latency_s | float64 | yes | yes | Seconds of the model call, throttled time excluded. |",
    );
    expect(schemaDocs(trajectoriesTable.schema)).toContain("| messages.tool_calls.arguments | utf8 | no |");
    expect(schemaDocs(trajectoriesTable.schema)).toContain("| tools | json | yes |");
  });
});
