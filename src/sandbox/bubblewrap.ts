// Sandboxes made by bubblewrap: a root file system of an image or of this host's programs, read-only, in namespaces of
// their own, limited by cgroups where this process may make any. What is not enforced is said in the capabilities.
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { errorText, UserError } from "../core/errors.ts";
import type { Capabilities, SandboxBackend, SandboxSpec } from "../core/sandbox.ts";
import {
  bubblewrapArguments,
  memoryFilesMb,
  type RootEntry,
  SUPERVISOR_IN_SANDBOX,
} from "./bubblewrapArguments.ts";
import { hostRoot, type ImageTree, imageTree } from "./bubblewrapRoot.ts";
import { hierarchies } from "./cgroupFiles.ts";
import { type Cgroup, type Cgroups, cgroupPlans } from "./cgroups.ts";
import { type LocalGround, type LocalOptions, localBackend, trialFailure } from "./localBackend.ts";
import { commonSettings } from "./processSettings.ts";
import { type Python, preparePython, preparePythonAt, SUPERVISOR_PATH } from "./python.ts";
import { claimFolder, noteCgroups, releaseFolder, sweepFolders } from "./scratch.ts";
import { firstSpareUid, type Slot, type Slots, slots } from "./slots.ts";
import { startSupervisor } from "./startSupervisor.ts";

const BACKEND = "bubblewrap";
/** A trial of the mere walls, for compiling the supervisor with an image's own Python. */
const TRIAL: SandboxSpec = {
  runId: "trial",
  owner: "trial",
  purpose: "rollout",
  image: "",
  files: [],
  mounts: [],
  limits: { cpus: 1, memoryMb: 64, pids: 32, diskMb: 16, lifetimeMs: 60_000 },
  env: {},
  network: false,
  orphanTtlMs: 60_000,
};
/** Enters the cgroups named before `--`, then becomes the rest. */
const ENTER = 'while [ "$1" != -- ]; do echo $$ > "$1" || exit 91; shift; done; shift; exec "$@"';

export interface BubblewrapBackendOptions extends LocalOptions {
  /** Python 3.8 or newer of this host, for sandboxes without an image's tree. */
  readonly python: string;
  /** Folder of unpacked images, one folder a name, as `images build --trees` makes them. */
  readonly trees: string;
  /** The bubblewrap program. Default: `bwrap`. */
  readonly program?: string;
  /**
   * Default true. False: none even where they work, which only root can do without. Then only the end of its stream ends the
   * supervisor: bubblewrap's own outer process has no right left to kill it.
   */
  readonly userNamespaces?: boolean;
  /** Default true. False: no cgroups even where they work. */
  readonly cgroups?: boolean;
}

/** How sandboxes are made on this machine; found by trying. */
interface Way {
  readonly userNamespace: boolean;
  readonly cgroups: Cgroups | null;
}

/** A root file system with the Python in it. */
interface Inside {
  readonly root: readonly RootEntry[];
  readonly python: Python;
  readonly digest: string;
  readonly isImage: boolean;
}

/** Sandboxes in bubblewrap: no network, no rights, a read-only root. They end with the orchestrator. */
export function bubblewrapBackend(options: BubblewrapBackendOptions): SandboxBackend {
  return localBackend(BACKEND, options, () => prepareGround(options));
}

async function prepareGround(options: BubblewrapBackendOptions): Promise<LocalGround> {
  if (process.platform !== "linux") {
    throw new UserError(`bubblewrap sandboxes need Linux, not ${process.platform}; use the docker backend`);
  }
  await sweepFolders(options.root);
  const folder = await claimFolder(options.root);
  const failures: string[] = [];
  try {
    const python = await preparePython(options.python, folder);
    const host: Inside = {
      root: await hostRoot(folder, python.prefixes),
      python,
      digest: `host python ${python.version}`,
      isImage: false,
    };
    const uid = firstSpareUid();
    const places = slots(uid);
    const ways = (options.userNamespaces ?? true) ? [true] : [];
    for (const userNamespace of uid === null ? ways : [...ways, false]) {
      for await (const cgroups of cgroupsToTry(options, folder)) {
        const ground = groundOf(options, { userNamespace, cgroups }, { host, folder, places });
        const why = await trialFailure(BACKEND, options, ground, python.executable);
        if (why === null) return ground;
        failures.push(why);
        await cgroups?.close();
      }
    }
  } catch (error) {
    failures.push(errorText(error));
  }
  await releaseFolder(folder);
  const absent = failures.some((text) => /ENOENT|not found/.test(text));
  const why = absent
    ? "bubblewrap is not installed; install bubblewrap >= 0.8 (apt-get install bubblewrap)"
    : `${[...new Set(failures)].join("; ")}; see \`nightshift doctor\``;
  throw new UserError(`bubblewrap sandboxes do not work here: ${why}, or use the process backend`);
}

/** Cgroups wherever they can be made, then none. Whoever does not keep them closes them. */
async function* cgroupsToTry(
  options: BubblewrapBackendOptions,
  folder: string,
): AsyncGenerator<Cgroups | null> {
  const plans = options.cgroups === false ? [] : cgroupPlans(await hierarchies(), basename(folder));
  for (const plan of plans) {
    await noteCgroups(folder, plan.paths);
    const opened = await plan.open().catch(() => null);
    if (opened) yield opened;
  }
  yield null;
}

function groundOf(
  options: BubblewrapBackendOptions,
  way: Way,
  { host, folder, places }: { host: Inside; folder: string; places: Slots },
): LocalGround {
  const insides = new Map<string, Promise<Inside>>();
  const held = new Map<Slot, Cgroup>();

  /** The image's tree is looked for once: all sandboxes of an image have the same root. */
  function insideOf(image: string): Promise<Inside> {
    const known = insides.get(image);
    if (known) return known;
    const found = imageTree(options.trees, image).then((tree) =>
      tree === null ? host : insideTree(options, way, { tree, folder, image, places }),
    );
    insides.set(image, found);
    found.catch(() => insides.delete(image));
    return found;
  }

  return {
    capabilities: capabilitiesOf(way, false),
    slots: places,
    async start(spec, slot) {
      const inside = spec.image === "" ? host : await insideOf(spec.image);
      const cgroup = await way.cgroups?.make(String(slot.index), spec.limits, memoryFilesMb(spec));
      if (cgroup) held.set(slot, cgroup);
      const { executable, supervisor } = inside.python;
      const counters = cgroup?.counters ?? [];
      const settings = {
        ...commonSettings(spec, executable),
        work: "/work",
        maps: [],
        uid: way.userNamespace ? null : slot.uid,
        pidsLimit: spec.limits.pids,
        dieWithParent: true,
        container: counters.length > 0,
      };
      const words = [
        ...["-c", ENTER, "sh", ...(cgroup?.entrances ?? []), "--"],
        ...walls(options, way, slot),
        ...bubblewrapArguments(spec, {
          root: inside.root,
          supervisor,
          counters,
          userNamespace: way.userNamespace,
        }),
        ...[executable, "-I", "-S", SUPERVISOR_IN_SANDBOX, JSON.stringify(settings)],
      ];
      return {
        supervisor: startSupervisor("/bin/sh", words),
        capabilities: capabilitiesOf(way, inside.isImage),
      };
    },
    async clean(slot) {
      await held.get(slot)?.remove();
      held.delete(slot);
    },
    async checkImage(image) {
      const { digest, isImage } = await insideOf(image);
      return { digest, capabilities: capabilitiesOf(way, isImage) };
    },
    async close() {
      await way.cgroups?.close();
      await releaseFolder(folder);
    },
  };
}

/** The Python of an image's tree, with the supervisor compiled for it. */
async function insideTree(
  options: BubblewrapBackendOptions,
  way: Way,
  { tree, folder, image, places }: { tree: ImageTree; folder: string; image: string; places: Slots },
): Promise<Inside> {
  const slot = places.take();
  try {
    // A copy, where the spare user may read it: this program itself may lie in a folder that only its owner can enter.
    const source = `${folder}/supervisor.py`;
    await writeFile(source, await readFile(SUPERVISOR_PATH), { mode: 0o644 });
    const enclosure = {
      root: tree.root,
      supervisor: source,
      counters: [],
      userNamespace: way.userNamespace,
    };
    const [program = "", ...words] = walls(options, way, slot);
    const python = await preparePythonAt({
      command: [program, ...words, ...bubblewrapArguments(TRIAL, enclosure), ...IN_IMAGE, "python3"],
      source: SUPERVISOR_IN_SANDBOX,
      compiled: `${folder}/${image.replaceAll("/", "_")}.pyc`,
    });
    return { root: tree.root, python, digest: tree.digest, isImage: true };
  } finally {
    places.free(slot);
  }
}

/** The environment in which an image's python3 is looked for. */
const IN_IMAGE = ["--setenv", "PATH", "/usr/local/bin:/usr/bin:/bin"];

/** The words up to bubblewrap's own: as root another user of the host, so that nothing inside is root anywhere. */
function walls(options: BubblewrapBackendOptions, way: Way, slot: Slot): readonly string[] {
  const program = options.program ?? "bwrap";
  if (slot.uid === null || !way.userNamespace) return [program];
  const user = [`--reuid=${slot.uid}`, `--regid=${slot.uid}`, "--clear-groups", "--no-new-privs"];
  return ["setpriv", ...user, program];
}

function capabilitiesOf({ cgroups }: Way, isImage: boolean): Capabilities {
  const bounded = (limit: "cpu" | "memory") => (cgroups?.limits[limit] ? "enforced" : "none");
  return {
    backend: BACKEND,
    isolation: "namespace",
    cpu: bounded("cpu"),
    memory: bounded("memory"),
    pids: "enforced",
    disk: "enforced",
    network: "enforced",
    // Without an image's tree the host's programs can be read, and nothing else of it.
    hostFiles: isImage ? "enforced" : "partial",
    survivesOrchestrator: false,
  };
}
