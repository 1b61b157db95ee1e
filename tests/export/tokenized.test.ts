// sft_tokenized: the contract, and labels on exactly the turns that are trained on, by a template's marks and without them.
import { describe, expect, it } from "vitest";
import { rolloutRows } from "../../src/dataset/rows.ts";
import { taskInfo } from "../../src/dataset/writeDataset.ts";
import { openChatTokenizer } from "../../src/export/openChatTokenizer.ts";
import { sftTokenized } from "../../src/export/sftTokenized.ts";
import { exporterContracts } from "../contracts/exporter.ts";
import { FIXTURE_RUN, type FixtureOptions, fixtureRecord, fixtureTask } from "../dataset/fixtures.ts";
import { temporaryFolder } from "../dataset/temporary.ts";
import { canTokenize, MARKED_TEMPLATE, UNMARKED_TEMPLATE, writeTinyTokenizer } from "./tinyTokenizer.ts";

const at = temporaryFolder();
const installed = await canTokenize();
const task = taskInfo(fixtureTask());
const rollout = (options: FixtureOptions) => rolloutRows(fixtureRecord(options), task, FIXTURE_RUN);

exporterContracts([sftTokenized], {
  tokenizerDir: installed ? () => writeTinyTokenizer(at("contract"), MARKED_TEMPLATE) : null,
});

const skip = installed ? "" : " (skipped: @huggingface/tokenizers and @huggingface/jinja are not installed)";
describe.skipIf(!installed)(`labels${skip}`, () => {
  const wrong = { text: "oops", formatError: true, observation: "Use one block." };
  const steps = [{ text: "ls out", observation: "saw train" }, wrong, { text: "train", observation: null }];

  it.each([
    ["marks", MARKED_TEMPLATE, "generation"],
    ["prefixes", UNMARKED_TEMPLATE, "prefixes"],
  ])("stand on trained turns with their end, found by %s", async (name, template, masking) => {
    const tokenizer = await openChatTokenizer(await writeTinyTokenizer(at(name), template));
    expect(tokenizer.masking).toBe(masking);
    const { rows } = sftTokenized.open({ tasks: new Map(), tokenizer }).convert(rollout({ steps }));
    expect(rows).toHaveLength(1);
    const [row] = rows;
    const trained = row?.labels.flatMap((label) => (label === -100 ? [","] : [tokenizer.decode([label])]));
    expect(
      trained
        ?.join("")
        .split(",")
        .filter((part) => part !== ""),
    ).toEqual(["ls out<|im_end|>", "train<|im_end|>"]);
    expect(tokenizer.decode(row?.input_ids ?? [])).toBe(
      "<|im_start|>system\nYou do research.<|im_end|>\n<|im_start|>user\nPredict the prices. Task ames-price.<|im_end|>\n" +
        "<|im_start|>assistant\nls out<|im_end|>\n<|im_start|>user\nsaw train<|im_end|>\n<|im_start|>assistant\noops<|im_end|>\n" +
        "<|im_start|>user\nUse one block.<|im_end|>\n<|im_start|>assistant\ntrain<|im_end|>",
    );
    expect(row).toMatchObject({
      trained_turns: 2,
      trained_tokens: trained?.filter((text) => text !== ",").length,
    });
  });

  it("are not given where the template shows earlier turns otherwise once later ones are there", async () => {
    const forgetful = UNMARKED_TEMPLATE.replace(
      "message.content + '<|im_end|>' }}{%- else",
      "(message.content if loop.last else 'cut') + '<|im_end|>' }}{%- else",
    );
    expect(forgetful).not.toBe(UNMARKED_TEMPLATE);
    const tokenizer = await openChatTokenizer(await writeTinyTokenizer(at("forgetful"), forgetful));
    const conversion = sftTokenized.open({ tasks: new Map(), tokenizer });
    expect(conversion.convert(rollout({}))).toMatchObject({ rows: [], leftOut: ["templateRefused"] });
  });

  it("are not given where the template refuses the conversation", async () => {
    const strict = `{%- if messages[0].role == 'system' -%}{{ raise_exception('no system prompts') }}{%- endif -%}${MARKED_TEMPLATE}`;
    const tokenizer = await openChatTokenizer(await writeTinyTokenizer(at("strict"), strict));
    const conversion = sftTokenized.open({ tasks: new Map(), tokenizer });
    expect(conversion.convert(rollout({}))).toMatchObject({ rows: [], leftOut: ["templateRefused"] });
  });

  it("come with a report of lengths, and of how far these ids are from the sampled ones", async () => {
    const tokenizer = await openChatTokenizer(await writeTinyTokenizer(at("drift"), MARKED_TEMPLATE));
    const none = sftTokenized.open({ tasks: new Map(), tokenizer });
    none.convert(rollout({}));
    expect(none.close?.().notes).toEqual([expect.stringContaining("No token ids were captured")]);
    const some = sftTokenized.open({ tasks: new Map(), tokenizer });
    some.convert(rollout({ tokens: true }));
    // The fixture's ids are three in a row for each message: bytes that no merge of this tokenizer joins.
    expect(some.close?.()).toMatchObject({
      notes: [expect.stringContaining("of 1 first prompts 1")],
      figures: {
        masking: "generation",
        lengths: { unit: "tokens", rows: 1, byLength: { "≤512": 1 } },
        drift: { replies: { compared: 3 }, firstPrompts: { compared: 1, differ: 1 } },
      },
    });
  });

  it("refuses a folder that is no model's, in a sentence", async () => {
    await expect(openChatTokenizer(at("nothing"))).rejects.toThrow(
      /tokenizer\.json is not there; --tokenizer takes/,
    );
  });
});
