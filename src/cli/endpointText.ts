// How a run's endpoints have been, as lines of text: parked and since when, away and for how long, and what served.
import type { RunState, ServedModel } from "../core/runState.ts";
import { durationText } from "./table.ts";

/** One line for each thing that is worth telling; none where all endpoints were there and stayed what they were. */
export function endpointLines(
  { parked, away, served }: Pick<RunState, "parked" | "away" | "served">,
  nowMs: number,
): readonly string[] {
  return [
    ...[...parked.values()].map(
      ({ model, trouble, atMs, reason }) =>
        `parked: ${model} since ${new Date(atMs).toISOString()}, ${durationText(Math.max(0, nowMs - atMs))} ago (${trouble}): ${reason}`,
    ),
    ...[...away].map(
      ([model, { times, parkedMs }]) =>
        `away: ${model} for ${durationText(parkedMs)} in all, ${times === 1 ? "once" : `${times} times`}; its rollouts waited, off their clocks`,
    ),
    ...changes(served),
  ];
}

/** Models that were served under more than one name, by one endpoint or by several. */
function changes(served: readonly ServedModel[]): readonly string[] {
  const names = new Map<string, Map<string, string>>();
  for (const { model, endpoint, servedModel } of served) {
    const ofModel = names.get(model) ?? new Map<string, string>();
    names.set(model, ofModel);
    if (!ofModel.has(servedModel)) ofModel.set(servedModel, endpoint);
  }
  return [...names]
    .filter(([, given]) => given.size > 1)
    .map(([model, given]) => {
      const list = [...given].map(([name, endpoint]) => `${name} (${endpoint})`).join(", ");
      return `served under several names: ${model} answered as ${list}; steps say which`;
    });
}
