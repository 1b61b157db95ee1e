// Bad task folders: one sentence with the file, line and column or the path, the value, and what to do; nothing written.
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { edited } from "./badPipelines.ts";
import { REPOSITORY } from "./nightshift.ts";
import { type BadCase, refuses } from "./refuses.ts";

interface Broken {
  readonly what: string;
  readonly break: (folder: string) => Promise<unknown>;
  readonly says: RegExp;
}

const yaml = (from: string, to: string) => async (folder: string) => {
  const file = path.join(folder, "task.yaml");
  await writeFile(file, edited(await readFile(file, "utf8"), from, to));
};
const put = (name: string, content: string | Buffer) => (folder: string) =>
  writeFile(path.join(folder, name), content);
const remove = (name: string) => (folder: string) => rm(path.join(folder, name), { recursive: true });

const BROKEN: readonly Broken[] = [
  {
    what: "no task.yaml",
    break: remove("task.yaml"),
    says: /\/task\.yaml: missing; every task has one, see tasks\/colonel-blotto/,
  },
  {
    what: "no description",
    break: remove("description.md"),
    says: /\/description\.md: missing; every task has one/,
  },
  { what: "no judge", break: remove("judge.py"), says: /\/judge\.py: missing; every task has one/ },
  {
    what: "an empty task.yaml",
    break: put("task.yaml", ""),
    says: /\/task\.yaml:1:1: the file: must be a mapping of keys, it is empty$/m,
  },
  {
    what: "a task.yaml in Latin-1",
    break: put("task.yaml", Buffer.from("title: caf\u00e9\n", "latin1")),
    says: /\/task\.yaml:1:11: the byte 0xe9 is not UTF-8 text/,
  },
  {
    what: "a description in UTF-16",
    break: put("description.md", Buffer.from("\ufeffhello", "utf16le")),
    says: /\/description\.md: this is UTF-16 text; save it as UTF-8$/m,
  },
  {
    what: "a description that is too large",
    break: put("description.md", "x".repeat(300_000)),
    says: /\/description\.md: 300000 bytes are larger than 262144 bytes; shorten it/,
  },
  {
    what: "an unknown placeholder",
    break: put("description.md", "One.\nYou have {step} steps.\n"),
    says: /\/description\.md:2:10: unknown placeholder \{step\}; did you mean `\{steps\}`\?$/m,
  },
  {
    what: "an unknown placeholder far from any",
    break: put("description.md", "You have {money}.\n"),
    says: /\/description\.md:1:10: unknown placeholder \{money\}; there are \{steps\}, \{validations\}, \{actionSeconds\}$/m,
  },
  {
    what: "an unknown key",
    break: yaml("limits: {}", "limits: {}\ndifficulty: hard"),
    says: /\/task\.yaml:\d+:1: unknown key `difficulty`; there are title, domain, .* more$/m,
  },
  {
    what: "a key with a slip",
    break: yaml("licence:", "license:"),
    says: /\/task\.yaml:6:1: unknown key `license`; did you mean `licence`\?$/m,
  },
  {
    what: "a direction with a slip",
    break: yaml("direction: maximize", "direction: maximise"),
    says: /\/task\.yaml:7:\d+: metric\.direction: must be "maximize" or "minimize", not "maximise"; did you mean `maximize`\?$/m,
  },
  {
    what: "a judge of an unknown kind",
    break: yaml("kind: policy", "kind: polcy"),
    says: /judge\.kind: must be "csv", .*, not "polcy"; did you mean `policy`\?$/m,
  },
  {
    what: "anchors that do not rise",
    break: yaml("probe: 1.2569", "probe: 1.01"),
    says: /\/task\.yaml:\d+:\d+: anchors\.probe: must be no worse than anchors\.starter \(1\.0217\), as the metric is to maximize .*, not 1\.01$/m,
  },
  {
    what: "anchors that rise the wrong way",
    break: yaml("direction: maximize", "direction: minimize"),
    says: /anchors\.starter: must be no worse than anchors\.nothing \(0\.82\), as the metric is to minimize/,
  },
  {
    what: "a deviation below zero",
    break: yaml("sigma: 0.009", "sigma: -1"),
    says: /\/task\.yaml:\d+:1: sigma: must be at least 0, not -1$/m,
  },
  {
    what: "a deviation without end",
    break: yaml("sigma: 0.009", "sigma: .inf"),
    says: /sigma: must be a number, not Infinity$/m,
  },
  {
    what: "no submission",
    break: yaml("  - { path: strategy.py, bytesMax: 65536 }", "  []"),
    says: /submission: must have at least 1 entry, not an empty list$/m,
  },
  {
    what: "a submission outside the workspace",
    break: yaml("path: strategy.py", "path: ../hidden/key"),
    says: /\/task\.yaml:\d+:\d+: submission\.0\.path: must be relative to the workspace, without \. or \.\. \(a folder ends with a slash\), not "\.\.\/hidden\/key"$/m,
  },
  {
    what: "an absolute submission",
    break: yaml("path: strategy.py", "path: /etc/passwd"),
    says: /submission\.0\.path: must be relative .*, not "\/etc\/passwd"$/m,
  },
  {
    what: "a submission twice",
    break: yaml("bytesMax: 65536 }", "bytesMax: 65536 }\n  - { path: strategy.py, bytesMax: 9 }"),
    says: /submission\.1\.path: must be declared once; take the second out, not "strategy\.py"$/m,
  },
  {
    what: "a function in a text file",
    break: yaml("path: strategy.py", "path: strategy.txt"),
    says: /submission\.0\.path: must be a \.py file .*, as judge\.kind: policy .*, not "strategy\.txt"$/m,
  },
  {
    what: "more validations than steps",
    break: yaml("limits: {}", "limits: { steps: 5, validations: 9 }"),
    says: /limits\.validations: must be at most limits\.steps \(5\), .*, not 9$/m,
  },
  {
    what: "a link in hidden/",
    break: (folder) => symlink("/etc/passwd", path.join(folder, "hidden", "labels")),
    says: /\/hidden\/labels: not a regular file; put the file itself there, no link$/m,
  },
  {
    what: "a link for the workspace",
    break: async (folder) => {
      await rm(path.join(folder, "workspace"), { recursive: true });
      await symlink("/etc", path.join(folder, "workspace"));
    },
    says: /\/workspace: not a regular file; put the file itself there, no link$/m,
  },
  {
    what: "hidden data inside the workspace",
    break: async (folder) => {
      await mkdir(path.join(folder, "workspace", "hidden"));
      await writeFile(path.join(folder, "workspace", "hidden", "labels.csv"), "1\n");
    },
    says: /\/workspace\/hidden\/labels\.csv: every agent would see it; move it out of workspace\//,
  },
  {
    what: "the judge inside the workspace",
    break: put("workspace/judge.py", "pass\n"),
    says: /\/workspace\/judge\.py: every agent would see it; move it out/,
  },
  {
    what: "a folder with a slip in its name",
    break: (folder) => cp(path.join(folder, "hidden"), path.join(folder, "hiden"), { recursive: true }),
    says: /\/hiden\/\S+: not part of a task; .*; did you mean hidden\?$/m,
  },
  {
    what: "a file that is not part of a task",
    break: put("notes.txt", "x"),
    says: /\/notes\.txt: not part of a task; a task has task\.yaml, .*; take it out$/m,
  },
  {
    what: "a file that is too large",
    break: put("workspace/data.bin", Buffer.alloc(17 * 1_048_576)),
    says: /\/workspace\/data\.bin: too much for a task; at most 2000 files, 16 MB each/,
  },
  {
    what: "tabs in task.yaml",
    break: yaml("limits: {}", "limits:\n\tsteps: 4"),
    says: /\/task\.yaml:\d+:1: a tab as indentation; YAML takes spaces only$/m,
  },
  {
    what: "a key twice in task.yaml",
    break: yaml("limits: {}", "limits: {}\nlimits: {}"),
    says: /\/task\.yaml:\d+:1: the key `limits` stands twice/,
  },
];

const idOf = (index: number) => `broken-${index}`;

let cwd = "";
beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), "nightshift-bad-"));
  for (const [index, { break: breakIt }] of BROKEN.entries()) {
    const folder = path.join(cwd, "tasks", idOf(index));
    await cp(path.join(REPOSITORY, "tasks", "battle-of-sexes"), folder, { recursive: true });
    await breakIt(folder);
  }
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

describe("a task", () => {
  const cases: readonly BadCase[] = BROKEN.map(({ what, says }, index) => ({
    what: `with ${what}`,
    args: ["tasks", "show", idOf(index)],
    says: new RegExp(`^tasks/${idOf(index)}/.*?${says.source.replace(/^\\\//, "")}`, says.flags),
  }));
  refuses(cases, () => ({ cwd }));
});
