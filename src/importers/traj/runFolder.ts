// What the name of a run's folder says: MLGym writes model, task, agent and sampling there and nowhere else that is published.

/** `<provider>-<model>__<task>__<agent>__t-<T>__p-<P>__c-<dollars>__install-<0|1>[__<suffix>]_run_<n>`, as far as it fits. */
export interface RunFolder {
  readonly name: string;
  /** The name without the run's number: runs that share it differ by sampling only. */
  readonly group: string;
  readonly provider: string | null;
  readonly model: string;
  readonly taskId: string;
  readonly agent: string;
  readonly temperature: number;
  readonly topP: number;
  readonly costLimitUsd: number;
  readonly installed: boolean;
  readonly suffix: string | null;
  readonly run: number;
}

/** MLGym's kinds of models, the first word of a model's name. */
const PROVIDERS = ["metagen", "litellm", "human_thought", "human", "submit_baseline", "replay"];

const RUN_FOLDER =
  /^(?<group>(?<model>.+?)__(?<task>.+?)__(?<agent>.+?)__t-(?<t>[\d.]+)__p-(?<p>[\d.]+)__c-(?<c>[\d.]+)__install-(?<install>\d)(?:__(?<suffix>.+?))?)_run_(?<run>\d{1,9})$/;

/** Null where the folder is not named so, as that of a demonstration. */
export function parseRunFolder(name: string): RunFolder | null {
  const found = RUN_FOLDER.exec(name)?.groups;
  if (found === undefined) return null;
  const { group = "", model = "", task = "", agent = "", t, p, c, install, suffix, run } = found;
  const numbers = [t, p, c, run].map(Number);
  const [temperature = 0, topP = 0, costLimitUsd = 0, index = 0] = numbers;
  if (!numbers.every(Number.isFinite)) return null;
  return {
    name,
    group,
    ...providerAndModel(model),
    taskId: task,
    agent,
    temperature,
    topP,
    costLimitUsd,
    installed: install === "1",
    suffix: suffix ?? null,
    run: index,
  };
}

function providerAndModel(text: string): { provider: string | null; model: string } {
  const provider = PROVIDERS.find((name) => text === name || text.startsWith(`${name}-`));
  if (provider === undefined) return { provider: null, model: text };
  return { provider, model: text === provider ? provider : text.slice(provider.length + 1) };
}
