// Who made a sandbox: this boot of the machine, a process id and its start time. Process ids come back, these do not.
import { readFile } from "node:fs/promises";

/** The label of this process: `bootId:pid:startTicks`. */
export async function ownerLabel(): Promise<string> {
  return `${await bootId()}:${process.pid}:${(await startTicks(process.pid)) ?? 0}`;
}

/** True while the labelled process runs on this boot of this machine. A label that cannot be read counts as alive. */
export async function ownerLives(label: string): Promise<boolean> {
  const [boot, pid, start] = label.trim().split(":");
  if (boot === undefined || pid === undefined || start === undefined) return true;
  if (boot !== (await bootId())) return false;
  return (await startTicks(Number(pid))) === Number(start);
}

async function bootId(): Promise<string> {
  return (await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "unknown")).trim();
}

/** Field 22 of /proc/PID/stat, counted after the name, which may hold anything; null when the process is gone. */
async function startTicks(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? null : Number(fields[19]);
}
