// Looks at a run directory as it lies there, with no process in it, and holds it against what the outside knows. Reads with the reader's
// functions alone.
import { assertBooksClose, keepBooks } from "../../src/core/books.ts";
import { errorText } from "../../src/core/errors.ts";
import type { LedgerEvent } from "../../src/core/ledger.ts";
import { attemptId, fold, type RunState } from "../../src/core/runState.ts";
import { type Plan, type PlannedCell, plannedKey } from "../../src/pipeline/plan.ts";
import { allVerdicts } from "../../src/pipeline/verdicts.ts";
import { readLedger } from "../../src/store/ledger.ts";
import { runPaths } from "../../src/store/runJson.ts";
import { readStepsLog } from "../../src/store/stepsLog.ts";
import type { Outside } from "./session.ts";

/** `crashed`: the process died; else it ended, and nothing may be in flight or living any more. */
export async function audit(outside: Outside, plan: Plan, when: "crashed" | "ended"): Promise<RunState> {
  const { books, directory, acknowledged, host } = outside;
  const paths = runPaths(directory);
  const { events } = await readLedger(paths.ledger);
  if (events.length < acknowledged.events)
    books.violate("what was acknowledged is there", `${events.length} of ${acknowledged.events} events`);
  acknowledged.events = events.length;
  const state = fold(events);
  checkOnce(outside, plan, events);
  await settleSales(outside, plan, state, when);
  for (const key of state.evaluations.keys()) books.evaluated.add(key);
  try {
    const verdicts = allVerdicts(plan, state);
    assertBooksClose(keepBooks(state, (key) => verdicts.get(key)));
  } catch (error) {
    books.violate("the books close", errorText(error));
  }
  const spared = state.underWay().length;
  if (when === "ended" && host.living.length > spared)
    books.violate(
      "no sandbox is leaked",
      `${host.living.length} live after the end, ${spared} rollouts are under way`,
    );
  return state;
}

/** Every key is admitted once, in the order of its cell's seeds, and ends once unless it was begun again. */
function checkOnce({ books }: Outside, plan: Plan, events: readonly LedgerEvent[]): void {
  const cells = new Map(plan.cells.map((cell) => [cell.id, { cell, next: 0 }]));
  const ended = new Set<string>();
  const evaluated = new Set<string>();
  for (const event of events) {
    if (event.kind === "rollout-admitted") {
      const of = cells.get(event.cell);
      if (of === undefined || event.seedIndex !== of.next || keyOf(of.cell, of.next) !== event.key)
        books.violate(
          "every key exactly once",
          `seed ${event.seedIndex} of a cell was admitted out of order`,
        );
      if (of !== undefined) of.next += 1;
    }
    if (event.kind === "rollout-retried") {
      const attempt = attemptId(event.key, event.retry);
      // What had ended in failure may be bought anew; what was cut off is gone on with.
      if (!ended.delete(event.key) && books.hasReplies(attempt))
        books.violate("no reply is bought twice", `${attempt} was given up, and its replies are durable`);
    }
    if (event.kind === "rollout-ended") {
      if (ended.has(event.key)) books.violate("every key exactly once", `${event.key} ended twice`);
      ended.add(event.key);
    }
    if (event.kind === "evaluation-ended") {
      if (evaluated.has(event.evaluation.key))
        books.violate("nothing is judged twice", `${event.evaluation.key} is in the ledger twice`);
      evaluated.add(event.evaluation.key);
    }
  }
}

const keys = new WeakMap<PlannedCell, string[]>();

/** The key of a seed, worked out once. */
function keyOf(cell: PlannedCell, seedIndex: number): string {
  const known = keys.get(cell) ?? [];
  keys.set(cell, known);
  known[seedIndex] ??= plannedKey(cell, seedIndex);
  return known[seedIndex];
}

/** What of the sold replies is durable: the rest was in flight when the process died. */
async function settleSales(outside: Outside, plan: Plan, state: RunState, when: "crashed" | "ended") {
  const { books, directory, acknowledged } = outside;
  const steps = await readStepsLog(runPaths(directory).steps, (key, retry) => state.isOpen(key, retry));
  const found = new Set<string>();
  for (const { key, retry } of state.underWay()) {
    const attempt = attemptId(key, retry);
    const records = await steps.records(key, retry);
    const told = acknowledged.steps.get(attempt) ?? 0;
    if (records.length < told)
      books.violate("what was acknowledged is there", `${records.length} of ${told} records of ${attempt}`);
    acknowledged.steps.set(attempt, records.length);
    for (const record of records)
      if (record.kind === "reply-received") found.add(`${attempt}/${record.step.index}`);
  }
  let inFlight = 0;
  for (const call of books.underWay) {
    const isThere = found.has(call);
    if (!isThere) inFlight += 1;
    if (!isThere && when === "ended")
      books.violate("a reply that came is journaled", `${call} was sold, and nobody has it`);
    books.settle(call, isThere ? "journaled" : "inFlight");
  }
  if (inFlight > plan.pipeline.concurrency.rollouts)
    books.violate(
      "a rollout has one call in flight",
      `${inFlight} calls, ${plan.pipeline.concurrency.rollouts} rollouts`,
    );
}
