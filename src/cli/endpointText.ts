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

/** Endpoints that gave more than one name for their model. */
function changes(served: readonly ServedModel[]): readonly string[] {
  const names = new Map<string, Set<string>>();
  for (const { model, endpoint, servedModel } of served) {
    const place = `${model} at ${endpoint}`;
    names.set(place, (names.get(place) ?? new Set()).add(servedModel));
  }
  return [...names]
    .filter(([, given]) => given.size > 1)
    .map(
      ([place, given]) => `served under several names: ${place} answered as ${[...given].join(", then ")}`,
    );
}
