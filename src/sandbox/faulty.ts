// A backend with bad days: any backend around which things break at a chosen rate, drawn from a seed. For rehearsals and simulations; what
// was played in it says so on every row: the backend of its sandboxes is `faulty/<name>`.
import { BoundaryError } from "../core/errors.ts";
import type { SandboxFaults } from "../core/faults.ts";
import { type Prng, prng } from "../core/prng.ts";
import type { Clock, Log } from "../core/runtime.ts";
import type { Capabilities, ExecOptions, ExecResult, Sandbox, SandboxBackend } from "../core/sandbox.ts";

export interface FaultyBackendOptions {
  readonly faults: SandboxFaults;
  readonly seed: number;
  readonly clock: Clock;
  /** Hears `fault-injected` with the kind of each. */
  readonly log: Log;
}

/** Longest moment after its start at which an action's sandbox dies, milliseconds. */
const DIES_WITHIN_MS = 2_000;
/** How long an answer that never comes is waited for where the caller sets no end itself. */
const NO_ANSWER_MS_MAX = 3_600_000;

/**
 * The same backend with faults, drawn in the order of the calls. Judges' rooms are spared: only sandboxes of rollouts break. Every fault is one
 * that a client can tell from an answer (BoundaryError, or none at all), so that a rollout is never played on with half an output.
 */
export function faultyBackend(backend: SandboxBackend, options: FaultyBackendOptions): SandboxBackend {
  const { faults, clock, log } = options;
  const draw = prng(options.seed);
  const befalls = (kind: Exclude<keyof SandboxFaults, "slowSeconds">, what: string): boolean => {
    if (!draw.chance(faults[kind])) return false;
    log.info("fault-injected", { kind: `sandbox:${kind}`, what });
    return true;
  };
  const around = (sandbox: Sandbox) => faultySandbox(sandbox, { befalls, draw, faults, clock });
  return {
    name: backend.name,
    probe: async () => labelled(await backend.probe()),
    async checkImage(image) {
      const { capabilities, ...checked } = await backend.checkImage(image);
      return capabilities === undefined ? checked : { ...checked, capabilities: labelled(capabilities) };
    },
    async create(spec, signal) {
      if (spec.purpose !== "rollout") return backend.create(spec, signal);
      if (befalls("createRefused", spec.owner)) {
        throw new BoundaryError("sandbox", "an injected fault: the sandbox was not made", {
          transient: true,
        });
      }
      return around(await backend.create(spec, signal));
    },
    async attach(handle) {
      const sandbox = await backend.attach(handle);
      return sandbox === null ? null : around(sandbox);
    },
    sweep: (options) => backend.sweep(options),
    close: () => backend.close(),
  };
}

/** What is written on every trajectory: that its sandboxes were made to break. */
function labelled(capabilities: Capabilities): Capabilities {
  return { ...capabilities, backend: `faulty/${capabilities.backend}` };
}

interface Fate {
  readonly befalls: (kind: Exclude<keyof SandboxFaults, "slowSeconds">, what: string) => boolean;
  readonly draw: Prng;
  readonly faults: SandboxFaults;
  readonly clock: Clock;
}

function faultySandbox(sandbox: Sandbox, { befalls, draw, faults, clock }: Fate): Sandbox {
  const broken = (what: string) =>
    new BoundaryError("sandbox", `an injected fault: ${what}`, { transient: true });

  /** Lets the sandbox go while the action runs. */
  const dieIn = async (run: () => Promise<ExecResult>): Promise<never> => {
    const cutOff = run().catch(() => null);
    await Promise.race([cutOff, clock.sleep(draw.below(DIES_WITHIN_MS))]);
    await sandbox[Symbol.asyncDispose]();
    throw broken("the sandbox died in the middle of an action");
  };

  const act = async (actionId: string, run: () => Promise<ExecResult>, { signal }: ExecOptions) => {
    if (befalls("slow", actionId)) await clock.sleep(faults.slowSeconds * 1000, signal);
    if (befalls("died", actionId)) return dieIn(run);
    const isTorn = befalls("tornOutput", actionId);
    const isLost = !isTorn && befalls("replyLost", actionId);
    const result = await run();
    if (isTorn) {
      const bytes = draw.below(Math.max(1, result.outputBytes));
      throw broken(`the answer broke off after ${bytes} of ${result.outputBytes} bytes`);
    }
    if (isLost) {
      await clock.sleep(NO_ANSWER_MS_MAX, signal);
      throw broken("the answer never came");
    }
    return result;
  };

  return {
    capabilities: labelled(sandbox.capabilities),
    handle: sandbox.handle,
    shell: (actionId, command, options) =>
      act(actionId, () => sandbox.shell(actionId, command, options), options),
    exec: (actionId, argv, options) => act(actionId, () => sandbox.exec(actionId, argv, options), options),
    spawn: (argv, options) => sandbox.spawn(argv, options),
    read: (path, bytesMax) => sandbox.read(path, bytesMax),
    write: (path, data) => sandbox.write(path, data),
    async snapshot() {
      if (befalls("snapshotLost", sandbox.handle.id)) throw broken("the snapshot was not taken");
      return sandbox.snapshot();
    },
    async restore(id) {
      if (befalls("snapshotLost", sandbox.handle.id)) throw broken("the snapshot could not be put back");
      return sandbox.restore(id);
    },
    probe: () => sandbox.probe(),
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}
