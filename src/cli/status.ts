// `status RUN`: what is done, owed and spent, from the run's files alone; also while another process plays it.
import { planOf } from "../compose/plan.ts";
import { readStoredRun } from "../compose/storedRun.ts";
import { keepBooks } from "../core/books.ts";
import type { ResumedTry, RunState } from "../core/runState.ts";
import { signalCounts } from "../pipeline/signalCounts.ts";
import { summariseCells } from "../pipeline/summary.ts";
import { allVerdicts } from "../pipeline/verdicts.ts";
import type { AddCommand } from "./command.ts";
import { endpointLines } from "./endpointText.ts";
import { signalCountsText } from "./signalText.ts";
import { begunAnewText, funnelText, scoreTable } from "./summaryText.ts";
import { countText, durationText } from "./table.ts";

export const statusCommand: AddCommand = (program, world) => {
  program
    .command("status")
    .description("what a run has done, owes and has spent")
    .argument("<run>", "the run directory")
    .option("--json", "one JSON object instead of text")
    .action(async (directory: string, options: { json?: boolean }) => {
      const { reader, pipeline } = await readStoredRun(directory, []);
      const plan = await planOf(world, pipeline);
      const { state, owner, runJson } = reader;
      // Whoever parked a model and died waits for nothing any more.
      const parked: RunState["parked"] = owner === null ? new Map() : state.parked;
      const verdicts = allVerdicts(plan, state);
      const books = keepBooks(state, (key) => verdicts.get(key));
      const cells = summariseCells(plan, state);
      const signals = signalCounts(plan, state, verdicts);
      if (options.json) {
        const { status, spent, callCount, unansweredCallCount, sessionCount } = state;
        const counts = {
          callCount,
          unansweredCallCount,
          sessionCount,
          resumed: resumedSum(state),
          begunAnew: state.begunAnew,
        };
        const endpoints = {
          parked: [...parked.values()],
          away: Object.fromEntries(state.away),
          served: state.served,
        };
        world.say(
          JSON.stringify(
            { runId: runJson.runId, status, owner, books, signals, spent, ...counts, endpoints, cells },
            null,
            2,
          ),
        );
        return;
      }
      const writer =
        owner === null ? "no process is playing it" : `process ${owner.pid} on ${owner.host} is playing it`;
      world.say(`run ${runJson.runId}: ${state.status}, ${writer}, ${state.sessionCount} sessions`);
      if (state.status === "paused") world.say(`paused: ${state.pauses.at(-1)?.reason ?? ""}`);
      for (const line of endpointLines({ parked, away: state.away, served: state.served }, world.clock.now()))
        world.say(line);
      world.say(scoreTable(cells));
      world.say(funnelText(books));
      world.say(signalCountsText(signals));
      world.say(
        `spent $${state.spent.usd.toFixed(4)}, ${countText(state.spent.tokens)} tokens, ${countText(state.callCount)} model calls, ${state.unansweredCallCount} of them without a reply`,
      );
      if (state.begunAnew.rollouts > 0) world.say(begunAnewText("begun anew", state.begunAnew));
      const { rollouts, attached, savedMs, lostCallCount, lostUsd, lostTokens } = resumedSum(state);
      if (rollouts === 0) return;
      world.say(
        `taken up where they were cut off: ${rollouts} rollouts (${attached} times in their own sandbox), ${durationText(savedMs)} of actions not repeated; lost in flight: ${lostCallCount} calls, at most $${lostUsd.toFixed(4)} and ${countText(lostTokens)} tokens`,
      );
    });
};

/** Over all tries that were taken up again. */
function resumedSum({ resumed }: RunState) {
  const sum = (of: (one: ResumedTry) => number) =>
    [...resumed.values()].reduce((total, one) => total + of(one), 0);
  return {
    rollouts: resumed.size,
    times: sum(({ times }) => times),
    attached: sum(({ attached }) => attached),
    replayedActions: sum(({ replayedCount }) => replayedCount),
    savedMs: sum(({ savedMs }) => savedMs),
    lostCallCount: sum(({ lostCallCount }) => lostCallCount),
    lostUsd: sum(({ lost }) => lost.usd),
    lostTokens: sum(({ lost }) => lost.tokens),
  };
}
