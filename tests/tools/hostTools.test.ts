// The tools that reach outside the sandbox, as an agent writes and reads them: notes, papers, PDFs, GPUs.
import { describe, expect, it } from "vitest";
import { NO_HOST, type ToolHost, type WebAccess } from "../../src/core/host.ts";
import type { Tool } from "../../src/core/tool.ts";
import { frozenMemory } from "../../src/memory/frozenMemory.ts";
import { NOTE_CHARACTERS_MAX } from "../../src/memory/notes.ts";
import { gpuStateTool } from "../../src/tools/gpuState.ts";
import { literatureSearchTool } from "../../src/tools/literatureSearch.ts";
import { memoryReadTool } from "../../src/tools/memoryRead.ts";
import { memoryWriteTool } from "../../src/tools/memoryWrite.ts";
import { nativeSchemas } from "../../src/tools/nativeSchemas.ts";
import { parseCommand } from "../../src/tools/parseCommand.ts";
import { parsePdfTool } from "../../src/tools/parsePdf.ts";
import { memorySandbox } from "./memorySandbox.ts";

const TOOLS: readonly Tool[] = [
  memoryReadTool,
  memoryWriteTool,
  literatureSearchTool,
  parsePdfTool,
  gpuStateTool,
];
const STATE = { openFile: "a.py", firstLine: 3, cwd: "src" };

async function use(
  command: string,
  host: Partial<ToolHost> = {},
  sandbox = memorySandbox(),
  outputBytesMax = 4_096,
) {
  const parsed = parseCommand(TOOLS, command);
  if (typeof parsed === "string") return parsed;
  const tool = TOOLS.find(({ name }) => name === parsed.tool);
  const result = await tool?.run(parsed.arguments, {
    sandbox,
    host: { ...NO_HOST, ...host },
    actionId: "test/0",
    state: STATE,
    actionTimeoutMs: 20_000,
    outputBytesMax,
    signal: new AbortController().signal,
  });
  if (result?.kind !== "text") throw new Error("not a text");
  expect(result.state).toEqual(STATE);
  return [result.ok, result.text] as const;
}

describe("memory_write", () => {
  it("takes a note, quoted or not, and says when it can be read", async () => {
    expect(parseCommand(TOOLS, 'memory_write "Use  0.01"')).toEqual({
      tool: "memory_write",
      arguments: { text: "Use  0.01" },
    });
    expect(parseCommand(TOOLS, `memory_write it's "0.01"`)).toMatchObject({
      arguments: { text: `it's "0.01"` },
    });
    expect(parseCommand(TOOLS, `memory_write "a" and "b"`)).toMatchObject({
      arguments: { text: `"a" and "b"` },
    });
    expect(await use("memory_write x")).toEqual([true, "Written down for later attempts."]);
  });

  it("refuses nothing and too much", async () => {
    expect(await use("memory_write")).toMatch(/needs a text/);
    expect(await use('memory_write "  "')).toMatch(/needs a text/);
    expect(await use(`memory_write ${"x".repeat(NOTE_CHARACTERS_MAX)}`)).toEqual([true, expect.any(String)]);
    expect(await use(`memory_write ${"x".repeat(NOTE_CHARACTERS_MAX + 1)}`)).toMatch(/at most 2000/);
  });
});

describe("memory_read", () => {
  const memory = frozenMemory(
    ["Spread the troops.", "Momentum helps.", "Troops add up to 120."].map((text, index) => ({
      text,
      task: index === 0 ? "colonel-blotto" : null,
      from: null,
    })),
  );

  it("shows what bears on a query, with its task", async () => {
    expect(await use("memory_read troops", { memory })).toEqual([
      true,
      "Nearest of 3 notes:\n1. [colonel-blotto] Spread the troops.\n2. Troops add up to 120.",
    ]);
    expect(await use("memory_read zebra", { memory })).toEqual([
      true,
      "No note shares a word with that; there are 3 notes.",
    ]);
    expect(await use("memory_read troops")).toEqual([true, "There are no notes of earlier attempts."]);
    expect(await use("memory_read", { memory })).toMatch(/needs some words/);
  });
});

describe("literature_search", () => {
  const asked: { query: string; most: number }[] = [];
  const paper = {
    title: "T",
    authors: ["A", "B", "C", "D", "E"],
    year: 2017,
    venue: "V",
    citationCount: 3,
    abstract: "x".repeat(1_300),
    pdfUrl: "https://arxiv.org/pdf/1",
  };
  const web: WebAccess = {
    searchPapers: async ({ query, most }) => {
      asked.push({ query, most });
      const bare = {
        title: "U",
        authors: [],
        year: null,
        venue: null,
        citationCount: null,
        abstract: null,
        pdfUrl: null,
      };
      return query === "down"
        ? { refused: "Busy." }
        : { totalCount: 40, papers: query === "none" ? [] : [paper, bare] };
    },
    readPdf: async () => ({ refused: "no" }),
  };

  it("lists papers with what is known of each", async () => {
    const [ok, text] = await use('literature_search "attention models" 2', { web });
    expect(ok).toBe(true);
    expect(text).toBe(
      `2 of 40 papers for "attention models":\n\n1. T\nA, B, C, D and 1 more; 2017; V; cited 3 times\n${"x".repeat(1_200)} …\nPDF: https://arxiv.org/pdf/1\n\n2. U`,
    );
  });

  it("shortens abstracts so that all papers fit", async () => {
    const many: WebAccess = {
      ...web,
      searchPapers: async () => ({ totalCount: 20, papers: Array(20).fill(paper) }),
    };
    const [, text] = await use("literature_search x 20", { web: many }, memorySandbox(), 12_000);
    expect(Buffer.byteLength(String(text))).toBeLessThan(12_000);
    expect(String(text).match(/x{200} …/g)).toHaveLength(20);
  });

  it("reads a number at the end as how many, and a year as part of the query", async () => {
    asked.length = 0;
    await use("literature_search deep learning 2015", { web });
    await use("literature_search deep learning 7", { web });
    await use('literature_search "top 5"', { web });
    expect(asked).toEqual([
      { query: "deep learning 2015", most: 5 },
      { query: "deep learning", most: 7 },
      { query: "top 5", most: 5 },
    ]);
    expect(await use("literature_search deep 0", { web })).toMatch(/ask for 1 to 20/);
    expect(await use("literature_search deep 21", { web })).toMatch(/ask for 1 to 20/);
    expect(await use("literature_search", { web })).toMatch(/takes a query/);
    expect(await use(`literature_search ${"x".repeat(400)}`, { web })).toMatch(/longer than 300/);
  });

  it("says what is wrong, and that there is none where there is none", async () => {
    expect(await use("literature_search down", { web })).toEqual([false, "Busy."]);
    expect(await use("literature_search none", { web })).toEqual([true, 'No paper was found for "none".']);
    expect(await use("literature_search x")).toEqual([false, "There is no literature search here."]);
  });
});

describe("parse_pdf", () => {
  const pages = ["one", "", "é".repeat(3_000), "four"];
  const web: WebAccess = {
    searchPapers: async () => ({ refused: "no" }),
    readPdf: async ({ url }) =>
      url === "down" ? { refused: "Gone." } : { pageCount: url === "long" ? 9 : 4, pages },
  };

  it("shows whole pages as far as they fit, and how to go on", async () => {
    const [, text] = await use("parse_pdf x", { web });
    expect(text).toBe(
      "Pages 1 to 2 of 4:\n[page 1]\none\n[page 2]\n(no text)\n[`parse_pdf <url> 3` shows the next pages]",
    );
    const [, third] = await use("parse_pdf x 3", { web });
    expect(third).toMatch(
      /^Pages 3 to 3 of 4:\n\[page 3\]\né+\n\[the rest of this page is left out\]\n\[`parse_pdf <url> 4`/,
    );
    expect(Buffer.byteLength(String(third))).toBeLessThanOrEqual(4_096);
    expect(await use("parse_pdf x 4", { web })).toEqual([true, "Pages 4 to 4 of 4:\n[page 4]\nfour"]);
  });

  it("says where it ends", async () => {
    expect(await use("parse_pdf x 5", { web })).toEqual([false, "There is no page 5: the PDF has 4 pages."]);
    expect(await use("parse_pdf long 5", { web })).toEqual([
      false,
      "Page 5 is not read: only the first 4 pages are.",
    ]);
    expect((await use("parse_pdf long 4", { web }))[1]).toMatch(/\n\[only the first 4 pages can be read\]$/);
    expect(await use("parse_pdf down", { web })).toEqual([false, "Gone."]);
    expect(await use("parse_pdf x")).toEqual([false, "No PDF can be read from the web here."]);
    expect(await use("parse_pdf", { web })).toMatch(/takes a URL/);
    expect(await use("parse_pdf x y", { web })).toMatch(/`y` is not a page/);
  });
});

describe("gpu_state", () => {
  it("says plainly where there is none, without looking", async () => {
    const sandbox = memorySandbox();
    sandbox.die();
    expect(await use("gpu_state", {}, sandbox)).toEqual([true, "This sandbox has no GPU."]);
    expect(await use("gpu_state now")).toMatch(/stands alone/);
  });
});

describe("gpu_state where the task asks for GPUs", () => {
  const answering = (exitCode: number, output: string) => {
    const sandbox = memorySandbox();
    const argv: (readonly string[])[] = [];
    const exec: typeof sandbox.exec = async (id, words, options) => {
      argv.push(words);
      return { ...(await sandbox.exec(id, ["true"], options)), exitCode, output };
    };
    return { sandbox: { ...sandbox, exec }, argv };
  };

  it("says what each is and how full and busy", async () => {
    const { sandbox, argv } = answering(
      0,
      "0, NVIDIA H100 80GB HBM3, 81559, 1024, 37\n1, NVIDIA H100 80GB HBM3, 81559, 0, 0\n",
    );
    expect(await use("gpu_state", { gpuCount: 2 }, sandbox)).toEqual([
      true,
      "GPU 0: NVIDIA H100 80GB HBM3, 1024 of 81559 MiB in use, 37 % busy\n" +
        "GPU 1: NVIDIA H100 80GB HBM3, 0 of 81559 MiB in use, 0 % busy",
    ]);
    expect(argv).toEqual([
      [
        "nvidia-smi",
        "--query-gpu=index,name,memory.total,memory.used,utilization.gpu",
        "--format=csv,noheader,nounits",
      ],
    ]);
  });

  it("says that they are not there where the program does not know any", async () => {
    const none = [false, "This sandbox has no GPU. Its task asks for 1."];
    expect(await use("gpu_state", { gpuCount: 1 }, answering(127, "").sandbox)).toEqual(none);
    expect(await use("gpu_state", { gpuCount: 1 }, answering(0, "No devices were found\n").sandbox)).toEqual(
      none,
    );
    expect(await use("gpu_state", { gpuCount: 1 }, answering(9, "driver mismatch").sandbox)).toEqual(none);
  });
});

describe("each of them", () => {
  it("has words for native calls, and keeps its record in a replay", () => {
    for (const { parameters } of nativeSchemas(TOOLS)) {
      for (const property of Object.values(Object(parameters).properties ?? {})) {
        expect(property).toMatchObject({ description: expect.any(String) });
      }
    }
    expect(TOOLS.map(({ replay }) => replay)).toEqual(TOOLS.map(() => "record"));
  });
});
