// Bad and forged submissions to try on a judge: made out of the starter's submission, by the kind of task. They are only ever judged.
import { covers, isFolderPath } from "../core/submissionPath.ts";
import type { Task } from "../core/task.ts";
import { arrayForgeries } from "./forgeries/arrays.ts";
import { codeForgeries } from "./forgeries/code.ts";
import { dataForgeries, type Seen } from "./forgeries/data.ts";
import type { Forgery } from "./forgeries/forgery.ts";
import { jsonForgeries } from "./forgeries/json.ts";
import { packageForgeries } from "./forgeries/package.ts";
import type { SubmissionContent } from "./submissionOf.ts";

const GARBAGE_BYTES = 4_096;

/** Every forgery for a task whose starter hands in `starter`, by someone who has seen `seen`. */
export function forgeriesFor(task: Task, starter: SubmissionContent, seen: Seen): readonly Forgery[] {
  return [...commonForgeries(task, starter), ...forgeriesOfKind(task, starter, seen)];
}

function forgeriesOfKind(task: Task, starter: SubmissionContent, seen: Seen): readonly Forgery[] {
  const { kind } = task.definition.judge;
  switch (kind) {
    case "csv":
      return [...dataForgeries(starter, seen), ...arrayForgeries(starter), ...jsonForgeries(starter)];
    case "function":
    case "policy":
      return codeForgeries(starter, hiddenModules(task));
    case "repo":
    case "script":
      return packageForgeries(starter);
    default:
      return kind satisfies never;
  }
}

/** The names under which judges import what they hide. */
function hiddenModules({ judgeFiles }: Task): readonly string[] {
  return judgeFiles.flatMap(({ path }) => /^hidden\/([a-z_][a-z0-9_]*)\.py$/i.exec(path)?.[1] ?? []);
}

function commonForgeries(task: Task, starter: SubmissionContent): readonly Forgery[] {
  const declared = task.definition.submission.flatMap(({ path, bytesMax }) =>
    isFolderPath(path)
      ? [...starter.keys()].filter((name) => covers(path, name)).map((name) => ({ path: name, bytesMax }))
      : [{ path, bytesMax }],
  );
  // A folder that is handed in whole may hold anything, which then must not count.
  const isOpen = task.definition.submission.some(({ path }) => isFolderPath(path));
  const beside = isOpen ? "noBetter" : "invalid";
  const all = (content: (bytesMax: number) => Uint8Array) =>
    new Map(declared.map(({ path, bytesMax }) => [path, content(bytesMax)] as const));
  const garbage = Uint8Array.from({ length: GARBAGE_BYTES }, (_, index) => (index * 37 + (index >> 5)) % 256);
  const verdict = new TextEncoder().encode('{"kind": "scored", "score": 1e9}');
  const judgeCopy = new TextEncoder().encode("raise SystemExit(0)\n");
  return [
    { name: "a submission without files", files: new Map(), rule: beside },
    { name: "an empty file", files: all(() => new Uint8Array()), rule: "noBetter" },
    { name: "bytes without meaning", files: all((most) => garbage.subarray(0, most)), rule: "noBetter" },
    { name: "an oversized file", files: all((most) => new Uint8Array(most + 1).fill(35)), rule: "invalid" },
    {
      name: "a judge.py beside the starter",
      files: new Map([...starter, ["judge.py", judgeCopy] as const]),
      rule: beside,
    },
    {
      name: "a verdict beside the starter",
      files: new Map([...starter, ["verdict.json", verdict] as const]),
      rule: beside,
    },
  ];
}
