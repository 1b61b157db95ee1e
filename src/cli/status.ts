// `status RUN`: what is done, owed and spent, from the run's files alone; also while another process plays it.
import { planOf } from "../compose/plan.ts";
import { readStoredRun } from "../compose/storedRun.ts";
import { keepBooks } from "../core/books.ts";
import { summariseCells } from "../pipeline/summary.ts";
import { allVerdicts } from "../pipeline/verdicts.ts";
import type { AddCommand } from "./command.ts";
import { funnelText, scoreTable } from "./summaryText.ts";
import { countText } from "./table.ts";

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
      const verdicts = allVerdicts(plan, state);
      const books = keepBooks(state, (key) => verdicts.get(key));
      const cells = summariseCells(plan, state);
      if (options.json) {
        const { status, spent, callCount, unansweredCallCount, sessionCount } = state;
        const counts = { callCount, unansweredCallCount, sessionCount };
        world.say(
          JSON.stringify({ runId: runJson.runId, status, owner, books, spent, ...counts, cells }, null, 2),
        );
        return;
      }
      const writer =
        owner === null ? "no process is playing it" : `process ${owner.pid} on ${owner.host} is playing it`;
      world.say(`run ${runJson.runId}: ${state.status}, ${writer}, ${state.sessionCount} sessions`);
      world.say(scoreTable(cells));
      world.say(funnelText(books));
      world.say(
        `spent $${state.spent.usd.toFixed(4)}, ${countText(state.spent.tokens)} tokens, ${countText(state.callCount)} model calls, ${state.unansweredCallCount} of them without a reply`,
      );
    });
};
