// Finds a sandbox's processes from the host's side, by what the kernel says of them: nothing in a sandbox can change that.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import Docker from "dockerode";
import type { SandboxHandle } from "../../../src/core/sandbox.ts";

/** A process namespace and the process that is number 1 in it; where a sandbox has no namespace, the root of its tree. */
export interface SandboxRoot {
  readonly pid: number;
  /** Null: it shares ours. */
  readonly namespace: string | null;
}

export interface HostProcess {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
  readonly residentMb: number;
}

const PAGE_MB = 4096 / (1 << 20);
const OWN_NAMESPACE = namespaceOf(process.pid);

/** Where a sandbox's processes begin. Null where the sandbox is not there. */
export async function sandboxRoot(
  handle: SandboxHandle,
  engineSocket: string | null,
): Promise<SandboxRoot | null> {
  if (engineSocket !== null) {
    const { State } = await new Docker({ socketPath: engineSocket }).getContainer(handle.id).inspect();
    return State.Pid > 0 ? { pid: State.Pid, namespace: namespaceOf(State.Pid) } : null;
  }
  const outer = Number(handle.locator);
  const inside = treeOf(outer).find(({ pid }) => {
    const namespace = namespaceOf(pid);
    return namespace !== null && namespace !== OWN_NAMESPACE;
  });
  return inside === undefined
    ? { pid: outer, namespace: null }
    : { pid: inside.pid, namespace: namespaceOf(inside.pid) };
}

/** The living processes of a sandbox, zombies left out. */
export function processesOf(root: SandboxRoot): readonly HostProcess[] {
  const found =
    root.namespace === null
      ? treeOf(root.pid)
      : all().filter(({ pid }) => namespaceOf(pid) === root.namespace);
  return found.filter(({ state }) => state !== "Z" && state !== "X");
}

/** Living processes whose command line holds a word. */
export function processesNaming(word: string): readonly number[] {
  return all()
    .filter(({ pid }) => pid !== process.pid && commandLine(pid).includes(word))
    .map(({ pid }) => pid);
}

function treeOf(root: number): readonly HostProcess[] {
  const table = all();
  const found = table.filter(({ pid }) => pid === root);
  for (let at = 0; at < found.length; at++) {
    const parent = found[at]?.pid;
    found.push(...table.filter((process) => process.parent === parent && !found.includes(process)));
  }
  return found;
}

function all(): readonly HostProcess[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const text = readFileSync(`/proc/${name}/stat`, "latin1");
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      const [state = "", parent = ""] = fields;
      return [{ pid: Number(name), state, parent: Number(parent), residentMb: Number(fields[21]) * PAGE_MB }];
    } catch {
      // It ended meanwhile.
      return [];
    }
  });
}

function namespaceOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return null;
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
