// What a Dockerfile says about an agent's folder: where it is, what is copied there, what else is done. It is read, never run.
import path from "node:path";

export interface DockerfileFacts {
  /** The image it stands on; null where it names none. */
  readonly from: string | null;
  readonly workdir: string;
  /** COPY and ADD of local files: sources below the build context, and the absolute place they go to. */
  readonly copies: readonly { readonly sources: readonly string[]; readonly target: string }[];
  readonly env: Readonly<Record<string, string>>;
  /** RUN, as written, in one line each, with the folder that it runs in. */
  readonly runs: readonly { readonly text: string; readonly workdir: string }[];
  /** Instructions that are not understood: variables, heredocs, copies from other stages. */
  readonly others: readonly string[];
}

const HEREDOC = /<<-?["']?\w+/;

/** Reads the last stage of a Dockerfile. */
export function readDockerfile(text: string): DockerfileFacts {
  let from: string | null = null;
  let workdir = "/";
  let copies: { sources: string[]; target: string }[] = [];
  let env: Record<string, string> = {};
  let runs: { text: string; workdir: string }[] = [];
  let others: string[] = [];
  for (const line of instructions(text)) {
    const [, word = "", rest = ""] = /^(\w+)\s+([\s\S]*)$/.exec(line) ?? [];
    const isOpaque = HEREDOC.test(rest) || (/\$/.test(rest) && word.toUpperCase() !== "RUN");
    switch (word.toUpperCase()) {
      case "FROM":
        [from, workdir, copies, env, runs, others] = [rest.split(/\s+/)[0] ?? null, "/", [], {}, [], []];
        break;
      case "WORKDIR":
        if (isOpaque) others.push(line);
        else workdir = absolute(rest.trim().replace(/^"(.*)"$/, "$1"), workdir);
        break;
      case "COPY":
      case "ADD": {
        const parts = wordsOf(rest.replaceAll(/--\w+(?:=\S+)?\s*/g, ""));
        const target = parts.pop();
        const isLocal = !/--from\b/.test(rest) && !parts.some((part) => /^https?:|[*?[]/.test(part));
        if (isOpaque || !isLocal || target === undefined || parts.length === 0) others.push(line);
        else
          copies.push({
            sources: parts,
            target: absolute(target, workdir) + (target.endsWith("/") ? "/" : ""),
          });
        break;
      }
      case "ENV":
        if (isOpaque) others.push(line);
        else Object.assign(env, pairsOf(rest));
        break;
      case "RUN":
        runs.push({ text: rest.replaceAll(/\s+/g, " "), workdir });
        break;
      default:
        // CMD, EXPOSE, LABEL and the like change nothing of an agent's folder.
        if (/^(?:USER|ONBUILD|VOLUME)$/i.test(word)) others.push(line);
    }
  }
  return { from, workdir, copies, env, runs, others };
}

/** Instructions with their continued lines joined and comments taken out. */
function instructions(text: string): readonly string[] {
  const lines = text.split(/\r?\n/).filter((line) => !/^\s*#/.test(line));
  const joined: string[] = [];
  let open = "";
  for (const line of lines) {
    if (/\\\s*$/.test(line)) open += `${line.replace(/\\\s*$/, "")} `;
    else {
      joined.push((open + line).trim());
      open = "";
    }
  }
  return [...joined, open.trim()].filter((line) => line !== "");
}

/** The words of an instruction, in its plain or its JSON form. */
function wordsOf(rest: string): string[] {
  const text = rest.trim();
  if (text.startsWith("[")) return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = ""]) => word);
  return text.split(/\s+/).filter((word) => word !== "");
}

function pairsOf(rest: string): Record<string, string> {
  const pairs = [...rest.matchAll(/(\w+)=("(?:[^"\\]|\\.)*"|\S*)/g)];
  if (pairs.length === 0) {
    const [, name = "", value = ""] = /^(\w+)\s+(.*)$/.exec(rest.trim()) ?? [];
    return name === "" ? {} : { [name]: value };
  }
  return Object.fromEntries(
    pairs.map(([, name = "", value = ""]) => [name, value.replace(/^"(.*)"$/, "$1")]),
  );
}

/** The place that is meant, `..` followed: what a Dockerfile writes must not lead elsewhere than it says. */
function absolute(place: string, workdir: string): string {
  return path.posix.resolve("/", workdir, place);
}
