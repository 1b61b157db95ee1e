// MLGym's searches by way of ours: what our tools found, as facts of MLGym's form.
import type { Act } from "./act.ts";
import type { MlgymCommand } from "./commands.ts";
import type { Fact } from "./facts.ts";
import { herePath } from "./paths.ts";

/** What a search of ours found, as facts of MLGym's form. */
export async function searched(
  act: Act,
  command: Extract<MlgymCommand, { words: readonly string[] }>,
  openFile: string | null,
): Promise<readonly Fact[]> {
  const [what, where, ...others] = command.words;
  const ended = (value: string): readonly Fact[] => [{ class: "outcome", key: "outcome", value }];
  if (what === undefined || what === "" || others.length > 0) return ended("usage");
  const target = where === undefined ? null : herePath(where);
  if (command.kind === "searchFile") {
    const path = target ?? openFile;
    if (path === null) return ended("noFile");
    const answer = await act("search_file", { text: what, path });
    if (!answer.ok) return ended("missing");
    const lines = [...answer.text.matchAll(/^\s*(\d+):(.*)$/gm)].map(
      ([, line = "", text = ""]): Fact => ({ class: "match", key: `line ${line}`, value: text.trim() }),
    );
    if (lines.length === 0) return ended("none");
    return [
      ...ended("found"),
      { class: "match", key: "total", value: `${lines.length} in ${path}` },
      ...lines,
    ];
  }
  const folder = target ?? ".";
  const isSearch = command.kind === "searchDir";
  const answer = isSearch
    ? await act("search_dir", { text: what, folder })
    : await act("find_file", { name: what, folder });
  if (!answer.ok) return ended("missing");
  const files = isSearch
    ? [...answer.text.matchAll(/^(?!\s)(\S.*) \((\d+) match(?:es)?\)$/gm)].map(
        ([, path = "", count = ""]): Fact => ({ class: "match", key: herePath(path), value: count }),
      )
    : answer.text
        .split("\n")
        .slice(1)
        .map((path): Fact => ({ class: "match", key: herePath(path), value: "found" }));
  if (files.length === 0) return ended("none");
  const total = isSearch ? files.reduce((sum, { value }) => sum + Number(value), 0) : files.length;
  return [...ended("found"), { class: "match", key: "total", value: `${total} in ${folder}` }, ...files];
}
