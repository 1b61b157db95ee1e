// Docker or Podman by its own program, whose settings (hosts, contexts, credentials) are the user's.
import { z } from "zod";
import { UserError } from "../core/errors.ts";
import { type ProgramOptions, runProgram, tryProgram } from "./program.ts";

export const ENGINE_NAMES = ["docker", "podman"] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

const ASK_MS_MAX = 60_000;
const WORK_MS_MAX = 7_200_000;
const IMAGES_MAX = 10_000;

/** Labels of an image of ours: its name, and the hash of the folder that it was built of. */
export const NAME_LABEL = "nightshift.image";
export const FOLDER_LABEL = "nightshift.folder";
/** The hash of the folder and of what it stands on: an image with the same one is up to date. */
export const CONTEXT_LABEL = "nightshift.context";

const labelsSchema = z.record(z.string(), z.string()).nullable();

export interface FoundImage {
  readonly id: string;
  readonly bytes: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
}

export type ImageEngine = ReturnType<typeof imageEngine>;

/** `say` is given what the engine prints while it works, a line at a time. */
export function imageEngine(name: EngineName, say: (line: string) => void, signal: AbortSignal) {
  const other = name === "docker" ? "podman" : "docker";
  const options = (what: string, timeoutMs: number): ProgramOptions => ({
    what,
    timeoutMs,
    absent: `install it, or take --engine ${other}`,
  });
  const ask = (words: readonly string[], what: string) =>
    tryProgram([name, ...words], options(what, ASK_MS_MAX), signal);
  const work = (words: readonly string[], what: string) =>
    runProgram([name, ...words], { ...options(what, WORK_MS_MAX), onLine: say }, signal);

  /** What is known of an image by its tag or id; null where it is not here. */
  async function inspect(image: string): Promise<FoundImage | null> {
    const format = "{{.Id}}\n{{.Size}}\n{{json .Config.Labels}}\n{{json .RepoTags}}";
    const { exitCode, stdout } = await ask(["image", "inspect", "--format", format, image], "looking");
    if (exitCode !== 0) return null;
    const [id, bytes, labels, tags] = stdout.split("\n");
    return {
      id: z.string().min(1).parse(id),
      bytes: z.coerce.number().parse(bytes),
      labels: labelsSchema.parse(JSON.parse(labels ?? "null")) ?? {},
      tags:
        z
          .array(z.string())
          .nullable()
          .parse(JSON.parse(tags ?? "null")) ?? [],
    };
  }

  return {
    name,
    inspect,
    /** Podman names its own images so; without it an image would be looked for in a registry. */
    repository: (image: string) => `${name === "podman" ? "localhost/" : ""}nightshift/${image}`,
    /** Throws a UserError where no engine answers. */
    async probe(): Promise<void> {
      const what = `asking ${name} for images`;
      const { exitCode, said } = await ask(["image", "ls", "--quiet", "--filter", "label=nightshift"], what);
      if (exitCode === 0) return;
      const hint =
        name === "docker" ? "start its daemon, or let this user talk to it" : "look at `podman info`";
      throw new UserError(`${name} does not answer (${said}); ${hint}`);
    },
    pull: (image: string) => work(["pull", image], `fetching the base image ${image}`),
    importTree: (archive: string, image: string, label: string) =>
      work(["import", "--change", `LABEL ${label}`, archive, image], `importing ${image}`),
    build: (context: string, tag: string, words: readonly string[], what: string) =>
      work(
        // Podman without privileges of its own, and without a runtime: what a RUN line needs here is little.
        [
          ...["build", "--network", "host"],
          ...(name === "podman" ? ["--isolation", "chroot"] : []),
          ...words,
          ...["-t", tag, context],
        ],
        what,
      ),
    tag: (image: string, as: string) => work(["tag", image, as], `naming ${as}`),
    /** Every image here that carries our label, each once. */
    async labelled(): Promise<readonly FoundImage[]> {
      const words = ["image", "ls", "--quiet", "--no-trunc", "--filter", `label=${NAME_LABEL}`];
      const { stdout } = await ask(words, "listing images");
      const ids = [...new Set(stdout.split("\n").filter((id) => id !== ""))].slice(0, IMAGES_MAX);
      const found: FoundImage[] = [];
      for (const id of ids) {
        const image = await inspect(id);
        if (image !== null) found.push(image);
      }
      return found;
    },
    /** Takes one tag away, and its image with the last; null, or why it cannot be. */
    async remove(tag: string): Promise<string | null> {
      const { exitCode, said } = await ask(["image", "rm", tag], `removing ${tag}`);
      return exitCode === 0 ? null : said;
    },
    /** Writes an image's files as a tar archive. */
    async exportTree(image: string, archive: string): Promise<void> {
      const created = await runProgram(
        [name, "create", image, "true"],
        options(`unpacking ${image}`, ASK_MS_MAX),
        signal,
      );
      const container = created.trim();
      try {
        await work(["export", "-o", archive, container], `unpacking ${image}`);
      } finally {
        // Also after an abort: a container that nobody runs would hold its image.
        await tryProgram(
          [name, "rm", "-f", container],
          options("cleaning up", ASK_MS_MAX),
          AbortSignal.timeout(ASK_MS_MAX),
        );
      }
    },
  };
}
