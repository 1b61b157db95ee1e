// Makes .traj files for tests: the members that MLGym writes, with texts of our own.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

export interface MadeStep {
  readonly action: string;
  readonly observation: string;
  readonly response?: string;
  /** The open file before it; left out: none. */
  readonly open?: string;
}

export interface MadeRun {
  readonly steps: readonly MadeStep[];
  readonly status: string;
  readonly scores?: readonly Record<string, number>[];
  readonly stats?: Record<string, number>;
  /** Messages that follow the last step's reply. */
  readonly tail?: readonly { role: string; content: string }[];
  readonly demo?: string;
}

export const RUN_FOLDER = "litellm-model-x__blotto__default__t-0.00__p-0.95__c-4.00__install-0__tests_run_2";

export function validated(score: number, baseline = "{'Score': -0.25}"): string {
  return `Some words about the artefact.\nBaseline Score: ${baseline}\nEvaluation Score: {'Score': ${score}}`;
}

export const FOOTER = "\n(Current Step: 1)\nbash-$";

export function madeTraj(run: MadeRun) {
  const agent = "primary_2";
  const reply = (step: MadeStep) => step.response ?? `I act.\n\n\`\`\`\n${step.action}\n\`\`\``;
  const steps = run.steps.map((step) => ({
    action: `${step.action}\n`,
    observation: step.observation,
    response: reply(step),
    state: JSON.stringify({ open_file: step.open ?? "n/a", working_dir: "/w" }),
    thought: "I act.\n\n",
    execution_time: 0.5,
  }));
  const talk = run.steps.flatMap((step, index) => {
    const before = run.steps[index - 1];
    const content = before === undefined ? "The task.\nbash-$" : `${before.observation}${FOOTER}`;
    return [
      { role: "user", content, agent },
      { role: "assistant", content: reply(step), thought: "I act.\n\n", action: `${step.action}\n`, agent },
    ];
  });
  const demo = run.demo === undefined ? [] : [{ role: "user", content: run.demo, agent, is_demo: true }];
  return {
    environment: "mlgym_main",
    trajectory: steps,
    history: [{ role: "system", content: "You research.", agent }, ...demo, ...talk, ...(run.tail ?? [])],
    info: {
      model_stats: run.stats ?? {
        total_cost: 0.25,
        task_cost: 0.25,
        tokens_sent: 1200,
        tokens_received: 34,
        api_calls: 3,
      },
      exit_status: run.status,
      submission: null,
      score: run.scores ?? [],
      summarizer: {},
    },
  };
}

/** Writes a file below `root` and returns its path; `results` lie beside it. */
export async function writeTraj(
  root: string,
  traj: unknown,
  {
    folder = RUN_FOLDER,
    file = "blotto.traj",
    results,
  }: { folder?: string; file?: string; results?: unknown } = {},
): Promise<string> {
  const dir = path.join(root, folder);
  await mkdir(dir, { recursive: true });
  const target = path.join(dir, file);
  await writeFile(
    target,
    typeof traj === "string" || traj instanceof Uint8Array ? traj : JSON.stringify(traj, null, 2),
  );
  if (results !== undefined) await writeFile(path.join(dir, "results.json"), JSON.stringify(results));
  return target;
}
