// What becomes of one folder of Harbor's: a task of ours with what could not be carried over, or the reason why there is none.
import { stat } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../core/errors.ts";
import type { TaskFile } from "../../core/task.ts";
import { decodeText } from "../../tasks/readText.ts";
import { readTree } from "../../tasks/readTree.ts";
import type { Findings } from "../findings.ts";
import { type DockerfileFacts, readDockerfile } from "./dockerfile.ts";
import { type Kept, keptSchema, type TaskToml, taskTomlSchema } from "./format.ts";
import { parseToml } from "./toml.ts";

/** What tests that need a network begin with, most often. */
const FETCHES = /\b(?:curl|wget|apt-get|apt|apk|pip3? install|uvx?|npm install|git clone)\b/;
/** Public images that bring nothing which our own image of Python's standard library lacks. */
const PLAIN_IMAGE = /^(?:docker\.io\/)?(?:library\/)?(?:python|debian|ubuntu):[\w.-]+$/;

/** What `images build` refuses in the last stage of a Dockerfile; one such folder would keep all images from being built. */
const BUILD_SETTING = /^\s*(?:ARG\s+PIP_\w+|(?:COPY|ADD)\s.*certificates\.pem)/im;

/** One task of Harbor's, read whole. */
export interface PlannedTask {
  /** The folder's name. */
  readonly name: string;
  readonly toml: TaskToml;
  /** Present where the task was exported from here. */
  readonly kept: Kept | null;
  readonly workdir: string;
  readonly instruction: string;
  readonly workspace: readonly TaskFile[];
  /** By their paths below tests/. */
  readonly tests: readonly TaskFile[];
  /** By their paths below solution/; empty where there is none. */
  readonly solution: readonly TaskFile[];
  /** Files and folders that are handed in, relative to the agent's folder. */
  readonly submission: readonly string[];
  /** The image's name, and its build context where it is carried along. */
  readonly image: { readonly name: string; readonly context: readonly TaskFile[] };
  /** Why it cannot be played as it stands; empty where it can. */
  readonly obstacles: readonly string[];
  /** What is otherwise than in Harbor. */
  readonly notes: readonly string[];
}

/** True for a folder that holds a task of Harbor's. */
export async function isHarborTask(folder: string): Promise<boolean> {
  return stat(path.join(folder, "task.toml")).then(
    (info) => info.isFile(),
    () => false,
  );
}

/** Reads a task. `imageName` is how its own image would be called. Throws a UserError whose message says why no task can be made of it. */
export async function planTask(folder: string, imageName: string): Promise<PlannedTask> {
  const name = path.basename(path.resolve(folder));
  const files = await readTree(folder, name);
  const text = (file: string) => {
    const found = files.find((one) => one.path === file);
    return found === undefined ? null : decodeText(found.data, `${name}/${file}`);
  };
  const toml = tomlOf(text("task.toml"), `${name}/task.toml`);
  const instruction = text("instruction.md");
  if (instruction === null)
    throw new UserError(`${name}/instruction.md: missing, as in a task of several steps`);
  const found: Findings = { obstacles: [], notes: [] };
  const below = (part: string) =>
    files
      .filter((file) => file.path.startsWith(`${part}/`))
      .map((file) => ({ ...file, path: file.path.slice(part.length + 1) }));
  const context = below("environment");
  const dockerfile = text("environment/Dockerfile");
  const facts = dockerfile === null ? null : readDockerfile(dockerfile);
  const workdir = path.posix.resolve("/", toml.environment.workdir ?? facts?.workdir ?? "/");
  if (workdir === "/")
    found.obstacles.push("its agents work in / itself, which no sandbox lets them write to");
  const kept = keptOf(toml, found);
  const tests = below("tests");
  checkTests(tests, text("tests/test.sh"), found);
  checkToml(toml, found);
  if (context.some((file) => /^docker-compose\.ya?ml$/.test(file.path)))
    found.obstacles.push("it wants several containers (docker-compose.yaml), where a sandbox is one");
  const workspace =
    facts === null ? [] : workspaceOf(facts, context, workdir, { ...found, isOurs: kept !== null });
  return {
    name,
    toml,
    kept,
    workdir,
    instruction,
    workspace,
    tests,
    solution: below("solution"),
    submission: submissionOf(toml, workdir, found),
    image: imageOf({ toml, dockerfile: dockerfile ?? "", facts, context, workdir, imageName, kept }, found),
    ...found,
  };
}

function tomlOf(text: string | null, label: string): TaskToml {
  if (text === null) throw new UserError(`${label}: missing`);
  const parsed = taskTomlSchema.safeParse(parseToml(text, label));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError(
    `${label}: ${issue?.path.map(String).join(".") ?? ""}: ${issue?.message ?? "not readable"}`,
  );
}

function keptOf(toml: TaskToml, { notes }: Findings): Kept | null {
  const text = toml.metadata["nightshift"];
  if (text === undefined) return null;
  const parsed = typeof text === "string" ? keptSchema.safeParse(jsonOf(text)) : null;
  if (parsed?.success === true) return parsed.data;
  notes.push(
    "its metadata.nightshift is not what an export writes, so that metric, anchors and licence are taken as unknown",
  );
  return null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function checkTests(tests: readonly TaskFile[], script: string | null, { obstacles }: Findings): void {
  if (script === null) {
    obstacles.push(
      tests.some(({ path: file }) => file === "test.bat")
        ? "its tests are for Windows"
        : "it has no tests/test.sh, so that nothing can score it",
    );
    return;
  }
  const fetched = script.split("\n").find((line) => !/^\s*#/.test(line) && FETCHES.test(line));
  if (fetched !== undefined)
    obstacles.push(
      `tests/test.sh fetches what it needs (${shown(fetched)}), and the room of the tests has no network`,
    );
}

function checkToml({ steps, environment, verifier, agent }: TaskToml, { obstacles, notes }: Findings): void {
  if (steps.length > 0) obstacles.push(`it has ${steps.length} steps, where a task here has one`);
  if (environment.os !== "linux") obstacles.push(`it is for ${environment.os}`);
  if (environment.mcp_servers.length > 0)
    obstacles.push("its agents need MCP servers, which sandboxes do not reach");
  if (verifier.environment !== undefined) obstacles.push("its tests have an image of their own");
  const needed = Object.values(verifier.env).find((value) => value.includes("${"));
  if (needed !== undefined) obstacles.push(`its tests need ${needed} from the host's environment`);
  if (environment.healthcheck !== undefined) notes.push("its health check is not run");
  if (verifier.collect.length > 0) notes.push("its collect hooks are not run");
  const mode = environment.network_mode ?? (environment.allow_internet === false ? "no-network" : "public");
  if (mode !== "no-network") notes.push(`its agents had a network (${mode}) and have none here`);
  if (agent.user !== undefined) notes.push("agents play as the sandbox's user, not the one it names");
}

/** Files that the Dockerfile copies into the agent's folder: what an agent starts from. */
function workspaceOf(
  facts: DockerfileFacts,
  context: readonly TaskFile[],
  workdir: string,
  { notes, isOurs }: Findings & { readonly isOurs: boolean },
): readonly TaskFile[] {
  const files = new Map<string, TaskFile>();
  for (const { sources, target } of facts.copies) {
    for (const source of sources.map((one) => one.replace(/^\.?\//, "").replace(/\/$/, ""))) {
      for (const file of context) {
        const isWhole = source === "" || source === ".";
        const inside = isWhole
          ? file.path
          : file.path.startsWith(`${source}/`)
            ? file.path.slice(source.length + 1)
            : null;
        if (isWhole && /^(?:Dockerfile|\.dockerignore)$/.test(file.path)) continue;
        let to: string | null = null;
        if (file.path === source) {
          const isFolder = target.endsWith("/") || target === workdir;
          to = isFolder ? `${target.replace(/\/$/, "")}/${path.posix.basename(source)}` : target;
        } else if (inside !== null) to = `${target.replace(/\/$/, "")}/${inside}`;
        if (to?.startsWith(`${workdir}/`)) {
          const name = to.slice(workdir.length + 1);
          files.set(name, { ...file, path: name });
        }
      }
    }
  }
  const made = facts.runs.filter((run) => run.text.includes(workdir) || run.workdir === workdir);
  if (made.length > 0 && !isOurs)
    notes.push(
      `what RUN makes in ${workdir} stays in the image and is not among the files that agents start from`,
    );
  for (const line of facts.others)
    notes.push(`not followed when the starter files were gathered: ${shown(line)}`);
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Artifacts in the agent's folder; without any, all of it. */
function submissionOf(
  { artifacts }: TaskToml,
  workdir: string,
  { notes, obstacles }: Findings,
): readonly string[] {
  const paths = artifacts.map((artifact) => (typeof artifact === "string" ? artifact : artifact.source));
  const inside = paths.flatMap((one) => {
    const full = one.startsWith("/") ? path.posix.normalize(one) : path.posix.join(workdir, one);
    return full === workdir ? ["./"] : full.startsWith(`${workdir}/`) ? [full.slice(workdir.length + 1)] : [];
  });
  const outside = paths.length - inside.length;
  if (outside > 0)
    obstacles.push(`${outside} of its artifacts lie outside ${workdir}, of which nothing is taken`);
  if (paths.length > 0) return [...new Set(inside)];
  notes.push(
    `the tests see the files of ${workdir}, in a fresh room: what an agent installs, starts or leaves elsewhere is not there`,
  );
  return ["./"];
}

function imageOf(
  of: {
    readonly toml: TaskToml;
    readonly dockerfile: string;
    readonly facts: DockerfileFacts | null;
    readonly context: readonly TaskFile[];
    readonly workdir: string;
    readonly imageName: string;
    readonly kept: Kept | null;
  },
  { notes, obstacles }: Findings,
): PlannedTask["image"] {
  const { toml, dockerfile, facts, context, workdir, imageName, kept } = of;
  if (kept !== null) return { name: kept.image, context: [] };
  if (facts === null) {
    const { docker_image } = toml.environment;
    if (docker_image === undefined) {
      obstacles.push("it has neither a Dockerfile nor a docker_image");
      return { name: "python", context: [] };
    }
    notes.push(
      `it runs in ${docker_image}, whose own files in ${workdir} agents do not find in their folder`,
    );
    return { name: docker_image, context: [] };
  }
  const isOutside = facts.copies.some(
    ({ target }) => target !== workdir && !target.startsWith(`${workdir}/`),
  );
  const isPlain = PLAIN_IMAGE.test(facts.from ?? "") && facts.runs.length === 0 && !isOutside;
  if (isPlain && Object.keys(facts.env).length === 0 && facts.others.length === 0) {
    notes.push(`it runs in the image \`python\`, where Harbor has ${facts.from ?? "none"}`);
    return { name: "python", context: [] };
  }
  if (BUILD_SETTING.test(dockerfile)) {
    obstacles.push(
      "its Dockerfile takes in a package index or certificates, which no image of ours may keep",
    );
    return { name: "python", context: [] };
  }
  notes.push(
    `its image is built by \`nightshift images build ${imageName}\`, and has to bring python3 and bash; without containers it is not used`,
  );
  return {
    name: imageName,
    context: context.map((file) => (file.path === "Dockerfile" ? asOurs(file) : file)),
  };
}

/**
 * The Dockerfile as one of our images: `images build` gives the base by ARG, and our sandboxes mount the agent's folder and data over a
 * read-only root, where both places have to be.
 */
function asOurs(dockerfile: TaskFile): TaskFile {
  const lines = new TextDecoder().decode(dockerfile.data).trimEnd().split("\n");
  const first = lines.findIndex((line) => /^\s*FROM\s/i.test(line));
  const [, base = "debian:bookworm-slim", rest = ""] =
    /^\s*FROM\s+(?:--platform=\S+\s+)?(\S+)(.*)$/i.exec(lines[first] ?? "") ?? [];
  const text = [
    ...lines.slice(0, first),
    `ARG BASE=${base}`,
    `FROM \${BASE}${rest}`,
    ...lines.slice(first + 1),
    "",
    "# Where sandboxes mount the workspace and data.",
    "USER root",
    "RUN mkdir -p /work /data",
    "",
  ].join("\n");
  return { ...dockerfile, data: new TextEncoder().encode(text) };
}

function shown(line: string): string {
  const text = line.trim().replaceAll(/\s+/g, " ");
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
