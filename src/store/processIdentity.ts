// Who a process is, beyond a number that the kernel gives out again: for locks that outlive their owners.
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { z } from "zod";
import { fileErrorCode } from "./disk.ts";

export const processIdentitySchema = z.strictObject({
  host: z.string(),
  pid: z.int().positive(),
  /** The kernel's own id of this boot; null where the system has none (not Linux). */
  bootId: z.string().nullable(),
  /** Clock ticks from boot to the process's start; null where it cannot be had. */
  startTicks: z.string().nullable(),
});
export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

/** The identity of this process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  const bootId = await textOf("/proc/sys/kernel/random/boot_id");
  const living = await startOf(process.pid);
  return { host: hostname(), pid: process.pid, bootId, startTicks: living?.startTicks ?? null };
}

/**
 * Whether the process still runs. One on another host cannot be asked and counts as alive; a host name is taken to
 * belong to one machine (or one container after the other) at a time.
 */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  const own = await ownIdentity();
  if (identity.host !== own.host) return true;
  if (identity.bootId !== own.bootId) return false;
  if (identity.startTicks === null || own.startTicks === null) return answersSignals(identity.pid);
  const living = await startOf(identity.pid);
  return living !== null && !living.ended && living.startTicks === identity.startTicks;
}

/** When a process started, and whether only its exit status is left of it; null when there is none. */
async function startOf(pid: number): Promise<{ startTicks: string; ended: boolean } | null> {
  const text = await textOf(`/proc/${pid}/stat`);
  // The second field is the program's name in brackets and may hold anything: count from its last closing bracket.
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ") ?? [];
  const [state, startTicks] = [fields[0], fields[19]];
  return state === undefined || startTicks === undefined
    ? null
    : { startTicks, ended: /^[ZXx]$/.test(state) };
}

async function textOf(path: string): Promise<string | null> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    if (fileErrorCode(error) === null) throw error;
    return null;
  }
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return fileErrorCode(error) === "EPERM";
  }
}
