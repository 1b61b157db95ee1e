// One attack: what a scripted agent does, what must come of it, and by which flags it must be known afterwards. One file of
// `attacks/` holds one attack or a family of them; whatever lies there is played.
import type { SandboxLimits } from "../../../src/core/sandbox.ts";
import type { Trajectory } from "../../../src/core/trajectory.ts";

/** What an attacker may know of the place it attacks: everything. A wall that holds only for the ignorant is none. */
export interface Scene {
  readonly backend: string;
  /** A name of this one attack: whatever it makes outside has it in its name or its text, so that it is found. */
  readonly marker: string;
  /** A folder of the host that anyone may read and write; `secretFile` in it holds `secret`. */
  readonly openFolder: string;
  readonly secretFile: string;
  /** A TCP and UDP port at which the host listens on all its addresses. */
  readonly port: number;
  /** Name of an abstract unix socket at which the host listens. */
  readonly abstractSocket: string;
  /** The host's own addresses besides loopback. */
  readonly addresses: readonly string[];
  /** The orchestrator. */
  readonly hostPid: number;
  /** Process 1 of the neighbour's sandbox, as the host counts; null where nobody knows. */
  readonly neighbourPid: number | null;
  /** The backend's scratch folder on the host. */
  readonly scratch: string;
}

export interface Attack {
  readonly id: string;
  readonly aim: "host" | "score";
  /** The row of the catalogue or the paper that it is from. */
  readonly row: string;
  /** What the agent does, in a sentence. */
  readonly does: string;
  /** What must come of it, in a sentence. */
  readonly expects: string;
  /** Names of signals that the rollout must bear. */
  readonly flags: readonly string[];
  /** Id of the task. Default: battle-of-sexes. */
  readonly task?: string;
  /** Where it lies: among the shipped tasks, or the templates of new ones. Default: the shipped ones. */
  readonly root?: "tasks" | "templates";
  /** The agent's commands, one a step; `submit` comes after them by itself. */
  readonly actions: (scene: Scene) => readonly string[];
  /**
   * A submission whose score is honestly earned: nothing may score beyond the better one of it and the starter, but for noise.
   * Default: the starter alone.
   */
  readonly honest?: Readonly<Record<string, string>>;
  /** Kinds of outcome that are in order. Default: submitted. */
  readonly outcomes?: readonly string[];
  /** Limits of the sandboxes, where they differ from the kit's small ones. */
  readonly limits?: Partial<SandboxLimits>;
  /** Longest time of one action, seconds. */
  readonly actionSeconds?: number;
  /** Snapshots are taken after every action, and the last one is put into another sandbox. */
  readonly restored?: boolean;
  /** Looks for what no general probe sees; a sentence for each thing that must not be. */
  readonly check?: (trajectory: Trajectory) => readonly string[];
  /** Damages the host where nothing bounds it: on `process` it is played in an outer container only. */
  readonly harmful?: boolean;
  /** Where it is played in `npm test`: there it must take about a second. Default: nowhere. */
  readonly quick?: readonly string[];
}

/** A file of Python in the workspace, run with python3, its errors shown. */
export function python(code: string, name = "attack.py"): string {
  return `cat > /work/${name} <<'END_OF_CODE'\n${code.trim()}\nEND_OF_CODE\npython3 /work/${name}`;
}
