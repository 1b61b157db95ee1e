// A backend whose rollouts' sandboxes wait with each action while something exclusive goes on. Judges' rooms do not: whoever
// judges holds the turn for the whole evaluation.
import type { Turns } from "../core/runtime.ts";
import type { Sandbox, SandboxBackend, SandboxSpec } from "../core/sandbox.ts";

/** The same backend; only shells and commands of sandboxes for rollouts take turns. */
export function takingTurns(backend: SandboxBackend, turns: Turns): SandboxBackend {
  return {
    name: backend.name,
    probe: () => backend.probe(),
    checkImage: (image) => backend.checkImage(image),
    async create(spec, signal) {
      const sandbox = await backend.create(spec, signal);
      return isForRollout(spec) ? waiting(sandbox, turns) : sandbox;
    },
    async attach(handle) {
      // Only rollouts' sandboxes are attached to.
      const sandbox = await backend.attach(handle);
      return sandbox === null ? null : waiting(sandbox, turns);
    },
    sweep: (options) => backend.sweep(options),
    close: () => backend.close(),
  };
}

function isForRollout({ purpose }: SandboxSpec): boolean {
  return purpose === "rollout";
}

function waiting(sandbox: Sandbox, turns: Turns): Sandbox {
  return {
    capabilities: sandbox.capabilities,
    handle: sandbox.handle,
    shell: (actionId, command, options) =>
      turns.shared(() => sandbox.shell(actionId, command, options), options.signal),
    exec: (actionId, argv, options) =>
      turns.shared(() => sandbox.exec(actionId, argv, options), options.signal),
    spawn: (argv, options) => sandbox.spawn(argv, options),
    read: (path, bytesMax) => sandbox.read(path, bytesMax),
    write: (path, data) => sandbox.write(path, data),
    snapshot: () => sandbox.snapshot(),
    restore: (id) => sandbox.restore(id),
    probe: () => sandbox.probe(),
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}
