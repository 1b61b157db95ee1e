// Sandboxes as processes of this machine: in Linux namespaces where the kernel allows them, else as plain processes with
// limits and no walls. What is not enforced is said in the capabilities.
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import type { Capabilities, SandboxBackend } from "../core/sandbox.ts";
import { type LocalGround, type LocalOptions, localBackend, trialFailure } from "./localBackend.ts";
import { openSettings, walledSettings } from "./processSettings.ts";
import { preparePython } from "./python.ts";
import { removeTree } from "./removeTree.ts";
import { claimFolder, releaseFolder, sweepFolders } from "./scratch.ts";
import { firstSpareUid, type Slot, slots } from "./slots.ts";
import { startSupervisor } from "./startSupervisor.ts";

const BACKEND = "process";

export interface ProcessBackendOptions extends LocalOptions {
  /** Python 3.8 or newer, as a path or a name on PATH. */
  readonly python: string;
  /** Default true. False: plain processes even where namespaces work, with fewer walls and paths rewritten. */
  readonly namespaces?: boolean;
}

/**
 * Sandboxes that are process trees of this host. Memory and CPU are not bounded, and the host's programs can be read:
 * fit for policies that are known. They end with the orchestrator.
 */
export function processBackend(options: ProcessBackendOptions): SandboxBackend {
  return localBackend(BACKEND, options, () => prepareGround(options));
}

/** Prepares the folder and finds out by trying whether namespaces work here. */
async function prepareGround(options: ProcessBackendOptions): Promise<LocalGround> {
  if (process.platform !== "linux") {
    throw new UserError(`process sandboxes need Linux, not ${process.platform}; use the docker backend`);
  }
  await sweepFolders(options.root);
  const folder = await claimFolder(options.root);
  try {
    const python = await preparePython(options.python, folder);
    const uid = firstSpareUid();
    const shared = {
      slots: slots(uid),
      checkImage: async () => ({ digest: `host python ${python.version}` }),
      close: () => releaseFolder(folder),
    };
    const start = (settings: Readonly<Record<string, unknown>>, capabilities: Capabilities) => ({
      capabilities,
      supervisor: startSupervisor(python.executable, [
        "-I",
        "-S",
        python.supervisor,
        JSON.stringify(settings),
      ]),
    });
    const home = (slot: Slot) => join(folder, String(slot.index).padStart(4, "0"));
    const walls = capabilitiesOf(true, uid);
    const walled: LocalGround = {
      ...shared,
      capabilities: walls,
      start: async (spec, slot) => start(walledSettings(spec, python, slot, folder), walls),
      clean: async () => {},
    };
    const none = capabilitiesOf(false, uid);
    const open: LocalGround = {
      ...shared,
      capabilities: none,
      start: async (spec, slot) => start(await openSettings(spec, python, slot, home(slot)), none),
      clean: (slot) => removeTree(home(slot)),
    };
    const why =
      options.namespaces === false
        ? "not wanted"
        : await trialFailure(BACKEND, options, walled, python.executable);
    if (why === null) return walled;
    options.log.warn("sandbox-without-walls", { backend: BACKEND, reason: why, ownUser: uid !== null });
    const whyNot = await trialFailure(BACKEND, options, open, python.executable);
    if (whyNot === null) return open;
    throw new UserError(
      `process sandboxes do not work here: ${whyNot}; other users must be able to enter ${folder} and to run ` +
        `${python.executable} (try /usr/bin/python3 and a folder below /tmp), or use the docker backend`,
    );
  } catch (error) {
    await releaseFolder(folder);
    throw error;
  }
}

function capabilitiesOf(walled: boolean, uid: number | null): Capabilities {
  return {
    backend: BACKEND,
    isolation: walled ? "namespace" : "none",
    cpu: "none",
    memory: "none",
    pids: walled || uid !== null ? "enforced" : "none",
    disk: walled ? "enforced" : "partial",
    network: walled ? "enforced" : "none",
    // Behind walls the host's programs and their settings can be read, without them whatever anyone may read.
    hostFiles: walled || uid !== null ? "partial" : "none",
    survivesOrchestrator: false,
  };
}
