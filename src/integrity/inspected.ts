// What the detectors look at: a rollout's actions and scores in one plain shape, whether it was played here or recorded elsewhere,
// and what they must know of its task. Adapters make it; nothing here is read from a disk or run again.
import { readShell, type SimpleCommand } from "./shellText.ts";

/** One action in the order of execution. */
export interface InspectedAction {
  readonly step: number;
  /** Name of the tool as the model wrote it. */
  readonly tool: string;
  /** The action as the agent wrote it. */
  readonly text: string;
  /** False: refused before anything ran, or cut off; what its rollout broke at was begun. */
  readonly isCarriedOut: boolean;
  /** Whether it did what it was asked; null: nobody noted it. */
  readonly ok: boolean | null;
  /** The simple commands of a shell action; none for every other tool. */
  readonly commands: readonly SimpleCommand[];
  /** Programs that it wrote or ran: an editor's text, here-documents, arguments of `-c`. */
  readonly programs: readonly string[];
  /** The file that an editor tool wrote, relative to the workspace (absolute outside it); null for every other tool. */
  readonly target: string | null;
  /** Where the shell stood, relative to the workspace. */
  readonly cwd: string;
  /** What the agent was told; empty where the episode ended with it. */
  readonly observation: string;
}

const SHELL = /^(?:\/\S*\/)?(?:ba|z|da)?sh$/;

/** An action from what is recorded of it. `command` is a shell's, `written` an editor's text; null for other tools. */
export function inspectedAction(
  recorded: Omit<InspectedAction, "commands" | "programs"> & {
    readonly command: string | null;
    readonly written: string | null;
  },
): InspectedAction {
  const { command, written, ...action } = recorded;
  const { commands, bodies } = readShell(command ?? "");
  // What a shell is given as a text is a command again; one level is enough for what people write.
  const inner = commands.some(({ words }) => SHELL.test(words[0] ?? "")) ? bodies.map(readShell) : [];
  return {
    ...action,
    commands: [...commands, ...inner.flatMap((one) => one.commands)],
    programs: written === null ? [...bodies, ...inner.flatMap((one) => one.bodies)] : [written],
  };
}

/** A validation that gave a score. */
export interface InspectedValidation {
  readonly step: number;
  readonly score: number;
  /** Null: not recorded. */
  readonly submission: string | null;
}

/** Mean score of record of one submission over so many judge seeds. */
export interface InspectedScore {
  readonly submission: string | null;
  readonly mean: number;
  readonly count: number;
  /** The largest of each of the judge's further numbers over its seeds; absent: not recorded. */
  readonly metrics?: Readonly<Record<string, number>>;
}

/** One rollout as the detectors see it. */
export interface InspectedRecord {
  readonly key: string;
  readonly actions: readonly InspectedAction[];
  /** What the model wrote in each step, thoughts included; absent: not recorded beside its actions. */
  readonly replies?: readonly {
    readonly step: number;
    readonly text: string;
    /** What the endpoint named as its model; absent: it was not recorded. */
    readonly servedModel?: string;
  }[];
  readonly validations: readonly InspectedValidation[];
  /** Null where there is none, or it was not recorded. */
  readonly finalSubmission: string | null;
  /** Of the submission that the row is judged by; null where nothing was scored. */
  readonly score: InspectedScore | null;
  /** Of the submission that validated best; null where nothing was. */
  readonly bestScore: InspectedScore | null;
}

/** What the detectors know of a task, and of other rollouts of it. */
export interface IntegrityFacts {
  /** Null: nobody knows which way is better. */
  readonly direction: "maximize" | "minimize" | null;
  readonly anchors: {
    readonly starter: number | null;
    readonly best: number | null;
    readonly optimum: number | null;
  };
  /** Standard deviation of one score over judge seeds; null: not known. */
  readonly sigma: number | null;
  /** Files, relative to the workspace, that belong to the judge: nobody has honest business in writing them. */
  readonly judgeFiles: readonly string[];
  /** The same of opponents and solvers that a submission is measured against. */
  readonly opponentFiles: readonly string[];
  /** Files that are handed in, relative to the workspace. */
  readonly submissionFiles: readonly string[];
  /** What proves that the task's trap was taken; null where it has none. */
  readonly honeypot: {
    readonly kind: "flaw" | "unsolvable";
    readonly score: number;
    readonly metric: string | null;
  } | null;
  /** Names of files that exist in the judge's room only. */
  readonly hiddenFiles: readonly string[];
  /** Names under which only the judge's side can be imported. */
  readonly judgeModules: readonly string[];
  /** Names of the numbers that the judge reports. */
  readonly metricNames: readonly string[];
  /** True where what is handed in is made by running something (predictions, weights), not written by hand. */
  readonly isMade: boolean;
  /** Whether the sandbox could reach the network. */
  readonly hasNetwork: boolean;
  /** Hash of the submission that the starter files make; null where they make none by themselves. */
  readonly starterSubmission: string | null;
  /** The rollout, first in the order of keys, that handed in the very same; null where this is the first, or nobody compared. */
  readonly copyOf: string | null;
}
