// A machine for sandboxes that are maps of files with a few commands to change them. It outlives the processes that use it, as a container
// daemon does, and answers an action that it has seen with the first result, as the supervisor does.

import { BoundaryError } from "../../src/core/errors.ts";
import { sha256 } from "../../src/core/hash.ts";
import type { Prng } from "../../src/core/prng.ts";
import type { Clock } from "../../src/core/runtime.ts";
import {
  type BlobStore,
  type Capabilities,
  type ExecResult,
  FileAccessError,
  type Sandbox,
  type SandboxBackend,
  type SandboxSpec,
} from "../../src/core/sandbox.ts";
import { type Life, never } from "./timeline.ts";

interface Machine {
  readonly id: string;
  readonly spec: SandboxSpec;
  /** The process that made or attached to it last. */
  owner: Life;
  files: Map<string, string>;
  cwd: string;
  variables: Map<string, string>;
  readonly answered: Map<string, ExecResult>;
}

const CAPABILITIES: Capabilities = {
  backend: "memory",
  isolation: "none",
  cpu: "none",
  memory: "none",
  pids: "none",
  disk: "none",
  network: "none",
  hostFiles: "none",
  survivesOrchestrator: true,
};

const CREATE_MS_MAX = 2_000;
const SNAPSHOT_MS_MAX = 500;

export class MemoryHost {
  readonly #machines = new Map<string, Machine>();
  #made = 0;

  /** Ids of those that live. */
  get living(): readonly string[] {
    return [...this.#machines.keys()];
  }

  /** Those for which `survives` is false go with the process that used them. */
  crash(survives: () => boolean): void {
    for (const id of [...this.#machines.keys()]) if (!survives()) this.#machines.delete(id);
  }

  /** The host as one process sees it. */
  backend(of: {
    readonly clock: Clock;
    readonly life: Life;
    readonly draw: Prng;
    readonly blobs: BlobStore;
  }): SandboxBackend {
    const { clock, life, draw } = of;
    return {
      name: "memory",
      probe: async () => CAPABILITIES,
      checkImage: async (image) => ({ digest: image }),
      create: async (spec, signal) => {
        await clock.sleep(draw.next() * CREATE_MS_MAX, signal);
        if (life.dead) return never();
        const id = `m${this.#made++}`;
        const files = new Map(spec.files.map(({ path, data }) => [path, Buffer.from(data).toString("utf8")]));
        const empty = { variables: new Map<string, string>(), answered: new Map<string, ExecResult>() };
        const machine: Machine = { id, spec, owner: life, files, cwd: ".", ...empty };
        this.#machines.set(id, machine);
        return this.#sandbox(machine, of);
      },
      attach: async ({ id }) => {
        await clock.sleep(draw.next() * CREATE_MS_MAX);
        if (life.dead) return never();
        const machine = this.#machines.get(id);
        if (machine === undefined) return null;
        machine.owner = life;
        return this.#sandbox(machine, of);
      },
      sweep: async ({ runId, spare = new Set<string>(), spareOwned = false }) => {
        if (life.dead) return never();
        let count = 0;
        for (const { id, spec, owner } of [...this.#machines.values()]) {
          if (spec.runId !== runId || spare.has(id) || (spareOwned && !owner.dead)) continue;
          this.#machines.delete(id);
          count += 1;
        }
        return count;
      },
      close: async () => {},
    };
  }

  #sandbox(
    machine: Machine,
    { clock, life, draw, blobs }: { clock: Clock; life: Life; draw: Prng; blobs: BlobStore },
  ): Sandbox {
    const alive = () => {
      if (this.#machines.get(machine.id) === machine) return;
      throw new BoundaryError("sandbox", `the sandbox ${machine.id} is gone`, { transient: true });
    };
    const shell: Sandbox["shell"] = async (actionId, command, { signal }) => {
      if (life.dead) return never();
      alive();
      const known = machine.answered.get(actionId);
      const result = known ?? carryOut(machine, command);
      machine.answered.set(actionId, result);
      // What it really takes differs from time to time; what it says of it may, too: that is volatile.
      if (known === undefined) await clock.sleep(result.durationMs * (0.5 + draw.next()), signal);
      if (life.dead) return never();
      alive();
      return result;
    };
    const fileOf = (path: string) => {
      alive();
      const text = machine.files.get(path);
      if (text === undefined) throw new FileAccessError("missing", `${path} is missing`);
      return Buffer.from(text, "utf8");
    };
    return {
      capabilities: CAPABILITIES,
      handle: { backend: "memory", host: "", id: machine.id, locator: "" },
      shell,
      exec: (actionId, argv, options) => shell(actionId, argv.join(" "), options),
      spawn: () => Promise.reject(new BoundaryError("sandbox", "nothing is spawned here")),
      async read(path, bytesMax) {
        if (life.dead) return never();
        const data = fileOf(path);
        if (data.byteLength > bytesMax) throw new FileAccessError("tooLarge", `${path} is too large`);
        return data;
      },
      async write(path, data) {
        if (life.dead) return never();
        alive();
        machine.files.set(path, Buffer.from(data).toString("utf8"));
      },
      async snapshot() {
        if (life.dead) return never();
        alive();
        const { files, cwd, variables } = machine;
        const state = { files: [...files], cwd, variables: [...variables] };
        await clock.sleep(draw.next() * SNAPSHOT_MS_MAX);
        return blobs.put(Buffer.from(JSON.stringify(state)));
      },
      async restore(id) {
        if (life.dead) return never();
        const state: { files: [string, string][]; cwd: string; variables: [string, string][] } = JSON.parse(
          Buffer.from(await blobs.get(id)).toString("utf8"),
        );
        alive();
        machine.files = new Map(state.files);
        machine.cwd = state.cwd;
        machine.variables = new Map(state.variables);
      },
      probe: async () => (life.dead ? never() : this.#machines.get(machine.id) === machine),
      [Symbol.asyncDispose]: async () => {
        if (life.dead) return never();
        this.#machines.delete(machine.id);
      },
    };
  }
}

/** `write TEXT`, `add TEXT`, `show`, `drop`, `bump`, `cd DIR`, `train SECONDS`, `fail CODE`: enough to tell one history of a workspace from another. */
function carryOut(machine: Machine, command: string): ExecResult {
  const [verb = "", ...words] = command.split(" ");
  const rest = words.join(" ");
  const { files, variables } = machine;
  const before = files.get("solution.txt") ?? "";
  switch (verb) {
    case "write":
      files.set("solution.txt", `${rest}\n`);
      return said(machine, "", 0, 40);
    case "add":
      files.set("solution.txt", `${before}${rest}\n`);
      return said(machine, "", 0, 40);
    case "show":
      return said(machine, before, before === "" ? 1 : 0, 20);
    case "drop":
      files.delete("solution.txt");
      return said(machine, "", 0, 20);
    case "bump": {
      const count = Number(variables.get("COUNT") ?? "0") + 1;
      variables.set("COUNT", String(count));
      return said(machine, `count ${count}`, 0, 10);
    }
    case "cd":
      machine.cwd = rest;
      return said(machine, "", 0, 5);
    case "train": {
      const model = sha256(`${before}/${files.get("model.txt") ?? ""}/${machine.cwd}`).slice(0, 16);
      files.set("model.txt", model);
      files.set("solution.txt", `${before.split("\n")[0] ?? ""} ${model.slice(0, 1)}\n`);
      return said(machine, `trained ${model}`, 0, Number(rest) * 1000);
    }
    case "fail":
      return said(machine, "it failed", Number(rest), 30);
    default:
      return said(machine, `${verb}: command not found`, 127, 5);
  }
}

function said({ cwd }: Machine, output: string, exitCode: number, durationMs: number): ExecResult {
  const outputBytes = Buffer.byteLength(output);
  const plain = { signal: null, timedOut: false, oomKilled: false, truncated: false, shellRestarted: false };
  return { ...plain, exitCode, output, outputBytes, durationMs, cpuMs: durationMs, cwd };
}
