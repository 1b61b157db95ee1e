// Bad pipeline files: each is refused in one sentence with file, line and column, the value, and what would be right.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { edited, GOOD, REAL } from "./badPipelines.ts";
import { type BadCase, refuses } from "./refuses.ts";

type FileCase = readonly [what: string, content: string | Buffer, says: RegExp, secret?: string];

const ALIAS_BOMB = `${["a: &a [x, x, x, x, x, x, x, x, x, x]", ..."bcdefghi"]
  .map((line, index) =>
    index === 0
      ? line
      : `${line}: &${line} [${Array(10)
          .fill(`*${"abcdefgh"[index - 1]}`)
          .join(", ")}]`,
  )
  .join("\n")}\n`;

const FILES: readonly FileCase[] = [
  ["an empty file", "", /: the file: must be a mapping of keys, it is empty$/m],
  ["a file with a comment only", "# later\n", /: the file: must be a mapping of keys, it is empty$/m],
  ["a list", "- name: test\n", /:1:1: the file: must be a mapping of keys, not a list$/m],
  ["a single word", "overnight\n", /:1:1: the file: must be a mapping of keys, not "overnight"$/m],
  [
    "a file that is too large",
    GOOD + "# x\n".repeat(70_000),
    /: \d+ bytes are larger than 262144 bytes; shorten it/,
  ],
  [
    "UTF-16, little end first",
    Buffer.from(`\ufeff${GOOD}`, "utf16le"),
    /: this is UTF-16 text; save it as UTF-8$/m,
  ],
  [
    "UTF-16, big end first",
    Buffer.from(`\ufeff${GOOD}`, "utf16le").swap16(),
    /: this is UTF-16 text; save it as/,
  ],
  [
    "Latin-1",
    Buffer.from(`# caf\u00e9\n${GOOD}`, "latin1"),
    /:1:6: the byte 0xe9 is not UTF-8 text \(Latin-1\?\); save the file as UTF-8$/m,
  ],
  ["a zero byte", edited(GOOD, "name: test", "name: te\0st"), /:1:9: a zero byte; this is no text file$/m],

  [
    "a tab as indentation",
    edited(GOOD, "  perCell: 4", "\tperCell: 4"),
    /:8:1: a tab as indentation; YAML takes spaces only$/m,
  ],
  [
    "a key twice",
    `${GOOD}name: other\n`,
    /:12:1: the key `name` stands twice in this mapping; .*take one out$/m,
  ],
  [
    "a key twice further down",
    edited(GOOD, "perCell: 4", "perCell: 4\n  perCell: 5"),
    /:9:3: the key `perCell` stands twice/,
  ],
  [
    "an open bracket",
    edited(GOOD, "[battle-of-sexes]", "[battle-of-sexes"),
    /:4:\d+: broken YAML: .*end with a \]; mend it here$/m,
  ],
  [
    "an open quote",
    edited(GOOD, "name: test", 'name: "test'),
    /:\d+:\d+: broken YAML: Missing closing "quote; mend it here$/m,
  ],
  [
    "a colon within a value",
    edited(GOOD, "name: test", "name: a: b"),
    /:1:7: a second `: ` in one value; put the value in quotes$/m,
  ],
  [
    "a reserved character",
    edited(GOOD, "name: test", "name: @test"),
    /:1:7: a value cannot begin with this character; put it in quotes$/m,
  ],
  ["a tag", edited(GOOD, "name: test", "name: !env NAME"), /:1:7: tags \(!…\) are not known here; /],
  [
    "two documents",
    `${GOOD}---\n${GOOD}`,
    /:12:1: a second document begins here \(---\); one file holds one/,
  ],
  [
    "wrong indentation",
    edited(GOOD, "  perCell: 4", "  perCell: 4\n groupSize: 2"),
    /:9:1: broken YAML: .*same column; mend it here$/m,
  ],
  [
    "an alias without an anchor",
    edited(GOOD, "name: test", "name: *other"),
    /: the alias \*other has no anchor &other before it; write the value out/,
  ],
  [
    "aliases that multiply without end",
    ALIAS_BOMB,
    /: its aliases repeat too much \(more than 100 times, or themselves\); write the values out$/m,
  ],
  [
    "an alias within itself",
    edited(GOOD, "[battle-of-sexes]", "&a [*a]"),
    /: its aliases repeat too much .*; write the values out$/m,
  ],

  [
    "an unknown key",
    edited(GOOD, "rollouts:", "rolouts:"),
    /:7:1: unknown key `rolouts`; did you mean `rollouts`\?/,
  ],
  [
    "an unknown key of cells",
    edited(GOOD, "  models:", "  model:\n  models:"),
    /:4:3: unknown key `cells\.model`; did you mean `models`\?$/m,
  ],
  [
    "an unknown key of a model",
    edited(GOOD, "wire: scripted", "wire: scripted\n      thinkMS: 5"),
    /:7:7: unknown key `cells\.models\.0\.thinkMS`; did you mean `thinkMs`\?$/m,
  ],
  [
    "a key of another wire",
    edited(GOOD, "wire: scripted", "wire: scripted\n      model: x"),
    /:7:7: unknown key `cells\.models\.0\.model`; there are name, wire, thinkMs$/m,
  ],
  [
    "an unknown key of a price",
    edited(REAL, "inputPerMillion: 1", "inputPerMillion: 1, cacheredPerMillion: 1"),
    /unknown key `cells\.models\.0\.price\.cacheredPerMillion`; did you mean `cacheReadPerMillion`\?$/m,
  ],
  [
    "an unknown key of sampling",
    edited(REAL, "temperature: 1", "temprature: 1"),
    /:11:7: unknown key `cells\.sampling\.0\.temprature`; did you mean `temperature`\?$/m,
  ],
  [
    "an unknown key of an agent",
    edited(GOOD, "  models:", "  agents: [{ name: a, scaffold: fenced, histroy: appendOnly }]\n  models:"),
    /unknown key `cells\.agents\.0\.histroy`; did you mean `history`\?$/m,
  ],
  [
    "an unknown key of rollouts",
    edited(GOOD, "perCell: 4", "perCell: 4\n  grupSize: 2"),
    /:9:3: unknown key `rollouts\.grupSize`; did you mean `groupSize`\?$/m,
  ],
  [
    "an unknown key of limits",
    `${GOOD}limits: { step: 4 }\n`,
    /:12:11: unknown key `limits\.step`; did you mean `steps`\?$/m,
  ],
  [
    "an unknown key of sandbox",
    edited(GOOD, "backend: process", "backend: process\n  memory: 4"),
    /:11:3: unknown key `sandbox\.memory`; there are backend, docker, unsafe/,
  ],
  [
    "an unknown key of concurrency",
    `${GOOD}concurrency: { rollout: 4 }\n`,
    /unknown key `concurrency\.rollout`; did you mean `rollouts`\?$/m,
  ],
  [
    "an unknown key of budgets",
    `${GOOD}budgets: { dollars: 4 }\n`,
    /unknown key `budgets\.dollars`; there are usd, tokens, wallClockHours, deadline$/m,
  ],
  [
    "an unknown stage",
    edited(GOOD, "stages: {}", "stages: { filters: {} }"),
    /unknown key `stages\.filters`; did you mean `filter`\?$/m,
  ],
  [
    "an unknown key of a stage",
    edited(GOOD, "stages: {}", "stages: { filter: { stepMin: 3 } }"),
    /unknown key `stages\.filter\.stepMin`; did you mean `stepsMin`\?$/m,
  ],

  [
    "a missing part",
    edited(GOOD, "stages: {}\n", ""),
    /:1:1: stages: missing; it must be a mapping of keys$/m,
  ],
  [
    "a part without anything in it",
    edited(GOOD, "rollouts:\n  perCell: 4", "rollouts:"),
    /:7:1: rollouts: must be a mapping of keys, not nothing$/m,
  ],
  [
    "text for a number",
    edited(GOOD, "perCell: 4", "perCell: lots"),
    /:8:3: rollouts\.perCell: must be a number, not "lots"$/m,
  ],
  [
    "a number for text",
    edited(GOOD, "name: m", "name: 5"),
    /:5:7: cells\.models\.0\.name: must be text, not 5$/m,
  ],
  [
    "one task for a list of them",
    edited(GOOD, "[battle-of-sexes]", "battle-of-sexes"),
    /:3:3: cells\.tasks: must be a list, not "battle-of-sexes"$/m,
  ],
  [
    "a list for a mapping",
    edited(GOOD, "stages: {}", "stages: []"),
    /:11:1: stages: must be a mapping of keys, not an empty list$/m,
  ],
  [
    "a word for true or false",
    edited(GOOD, "backend: process", "unsafe: yes"),
    /:10:3: sandbox\.unsafe: must be true or false, not "yes"$/m,
  ],
  [
    "no task",
    edited(GOOD, "[battle-of-sexes]", "[]"),
    /:3:3: cells\.tasks: must have at least 1 entry, not an empty list$/m,
  ],
  [
    "no rollouts",
    edited(GOOD, "perCell: 4", "perCell: 0"),
    /:8:3: rollouts\.perCell: must be more than 0, not 0$/m,
  ],
  [
    "half a rollout",
    edited(GOOD, "perCell: 4", "perCell: 1.5"),
    /:8:3: rollouts\.perCell: must be a whole number, not 1\.5$/m,
  ],
  [
    "too many rollouts",
    edited(GOOD, "perCell: 4", "perCell: 2000000"),
    /:8:3: rollouts\.perCell: must be at most 1000000, not 2000000$/m,
  ],
  [
    "a share over one",
    edited(GOOD, "stages: {}", "stages: { filter: { formatErrorShareMax: 25 } }"),
    /stages\.filter\.formatErrorShareMax: must be at most 1, not 25$/m,
  ],
  [
    "a temperature below zero",
    edited(REAL, "temperature: 1", "temperature: -1"),
    /:11:7: cells\.sampling\.0\.temperature: must be at least 0, not -1$/m,
  ],
  [
    "a number that is none",
    `${GOOD}budgets: { usd: .nan }\n`,
    /:12:12: budgets\.usd: must be a number, not NaN$/m,
  ],
  [
    "a number without end",
    `${GOOD}budgets: { usd: .inf }\n`,
    /:12:12: budgets\.usd: must be a number, not Infinity$/m,
  ],
  ["a budget of nothing", `${GOOD}budgets: { usd: 0 }\n`, /budgets\.usd: must be more than 0, not 0$/m],
  [
    "a price below zero",
    edited(REAL, "inputPerMillion: 1", "inputPerMillion: -1"),
    /:9:16: cells\.models\.0\.price\.inputPerMillion: must be at least 0, not -1$/m,
  ],
  [
    "a price in words",
    edited(REAL, "outputPerMillion: 2", "outputPerMillion: $2"),
    /cells\.models\.0\.price\.outputPerMillion: must be a number, not "\$2"$/m,
  ],
  [
    "half a price",
    edited(REAL, ", outputPerMillion: 2", ""),
    /cells\.models\.0\.price\.outputPerMillion: missing; it must be a number$/m,
  ],

  [
    "a backend that there is not",
    edited(GOOD, "backend: process", "backend: dokcer"),
    /:10:3: sandbox\.backend: must be "auto", .* or "podman", not "dokcer"; did you mean `docker`\?$/m,
  ],
  [
    "a wire that there is not",
    edited(GOOD, "wire: scripted", "wire: opnai"),
    /:6:7: cells\.models\.0\.wire: must be "scripted", .*, not "opnai"; did you mean `openai`\?$/m,
  ],
  [
    "a model without a wire",
    edited(GOOD, "      wire: scripted\n", ""),
    /cells\.models\.0\.wire: missing; it must be "scripted", /,
  ],
  [
    "a scaffold that there is not",
    edited(GOOD, "  models:", "  agents: [{ name: a, scaffold: fence }]\n  models:"),
    /cells\.agents\.0\.scaffold: must be "fenced", "lastBlock", "xml", "json" or "native", not "fence"; did you mean `fenced`\?$/m,
  ],
  [
    "a history that there is not",
    edited(
      GOOD,
      "  models:",
      "  agents: [{ name: a, scaffold: fenced, history: { kind: sumary } }]\n  models:",
    ),
    /cells\.agents\.0\.history\.kind: must be "blockElision", .* or "summary", not "sumary"; did you mean `summary`\?$/m,
  ],
  [
    "a recipe that there is not",
    edited(GOOD, "stages: {}", "stages: { export: [sft_branch] }"),
    /stages\.export\.0: must be .*"sft_branches".*, not "sft_branch"; did you mean `sft_branches`\?$/m,
  ],
  [
    "rows that nobody knows",
    `${GOOD}allow: [script]\n`,
    /allow\.0: must be "scripted", "replay", "benchmark" or "notTrainable", not "script"/m,
  ],
  [
    "an ending that there is not",
    edited(GOOD, "stages: {}", "stages: { filter: { outcomes: [submited] } }"),
    /stages\.filter\.outcomes\.0: must be how a rollout ends, .*did you mean submitted\?\), not "submited"$/m,
  ],
  [
    "a name that cannot be a folder's",
    edited(GOOD, "name: test", "name: ../My Run"),
    /:1:1: name: must be lower-case letters, digits and dashes, not "\.\.\/My Run"$/m,
  ],
  [
    "a time of day that there is not",
    `${GOOD}budgets: { deadline: "25:00" }\n`,
    /:12:12: budgets\.deadline: must be a time of day, HH:MM, not "25:00"$/m,
  ],
  [
    "a daemon's place with half of it missing",
    edited(GOOD, "backend: process", "docker: { host: gpu-1 }"),
    /sandbox\.docker\.port: missing; it must be a (whole )?number$/m,
  ],

  [
    "an address with a slip in its scheme",
    edited(REAL, "http://", "htp://"),
    /:8:18: cells\.models\.0\.baseUrls\.0: must be an address that begins with http:\/\/ or https:\/\/, .*, not "htp:\/\/127\.0\.0\.1:9\/v1"$/m,
  ],
  [
    "an address without a scheme",
    edited(REAL, "http://", ""),
    /baseUrls\.0: must be an address that begins with/,
  ],
  [
    "an address with one slash",
    edited(REAL, "http://", "http:/"),
    /baseUrls\.0: must .*http:\/\/127\.0\.0\.1:8000\/v1, not "http:\/127/,
  ],
  [
    "an address with the method in it",
    edited(REAL, ":9/v1", ":9/v1/chat/completions"),
    /baseUrls\.0: must end before \/chat\/completions, /,
  ],
  [
    "an address with a query",
    edited(REAL, ":9/v1", ":9/v1?key=hunter2hunter2"),
    /baseUrls\.0: must hold no query and no fragment; /,
  ],
  [
    "an address with a password in it",
    edited(REAL, "127.0.0.1:9", "me:hunter2hunter2@127.0.0.1:9"),
    /baseUrls\.0: must hold no user or password; name the key's variable in keyEnv, not "http:\/\/…@127\.0\.0\.1:9\/v1"$/m,
    "hunter2hunter2",
  ],
  [
    "a wrong address with a password in it",
    edited(REAL, "http://127.0.0.1:9", "htp://me:hunter2hunter2@127.0.0.1:9"),
    /baseUrls\.0: must be an address/,
    "hunter2hunter2",
  ],
  [
    "a key where its variable's name belongs",
    edited(REAL, "model: x", "model: x\n      keyEnv: sk-hunter2hunter2"),
    /:8:7: cells\.models\.0\.keyEnv: must be the name of an environment variable in capitals, .*not shown/,
    "hunter2hunter2",
  ],
  [
    "a key under a key of its own",
    edited(REAL, "model: x", "model: x\n      apiKey: sk-hunter2hunter2"),
    /:8:7: unknown key `cells\.models\.0\.apiKey`; /,
    "hunter2hunter2",
  ],
];

let cwd = "";
beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), "nightshift-bad-"));
  for (const [index, [, content]] of FILES.entries())
    await writeFile(path.join(cwd, `p${index}.yaml`), content);
  await writeFile(path.join(cwd, "good.yaml"), GOOD);
  await mkdir(path.join(cwd, "pipelines"));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const CASES: readonly BadCase[] = [
  ...FILES.map(([what, , says, secret], index) => ({
    what,
    args: ["run", `p${index}.yaml`],
    says: new RegExp(`^p${index}\\.yaml.*?${says.source}`, says.flags),
    ...(secret === undefined ? {} : { secret }),
  })),
  {
    what: "a file that is not there",
    args: ["run", "absent.yaml"],
    says: /^cannot read the pipeline file absent\.yaml: there is no such file; check the path$/m,
  },
  {
    what: "a file with a slip in its name",
    args: ["run", "godo.yaml"],
    says: /^cannot read the pipeline file godo\.yaml: there is no such file; did you mean good\.yaml\?$/m,
  },
  {
    what: "a folder",
    args: ["run", "pipelines"],
    says: /^pipelines: this is a folder; name the pipeline file itself$/m,
  },
  {
    what: "a path through a file",
    args: ["run", "good.yaml/x.yaml"],
    says: /a part of the path is a file, not a folder; check the path$/m,
  },
];

describe("a pipeline file", () => {
  refuses(CASES, () => ({ cwd }));
});
