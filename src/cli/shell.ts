// `shell RUN KEY`: a sandbox as it was at a step of a rollout, to look around in or to run one command in. Judges and records nothing.
import { planOf } from "../compose/plan.ts";
import { replayRollout } from "../compose/replay.ts";
import { runShell } from "../compose/sandboxShell.ts";
import { checkSameRules, readStoredRun } from "../compose/storedRun.ts";
import type { World } from "../compose/world.ts";
import { UserError } from "../core/errors.ts";
import { type AddCommand, EXIT } from "./command.ts";
import { readRollout } from "./readRollout.ts";

const DIFFERENCES_SHOWN = 5;

export const shellCommand: AddCommand = (program, world, done) => {
  program
    .command("shell")
    .description("open a sandbox as it was at a step of a rollout; its exit code is that of what ran in it")
    .argument("<run>", "the run directory")
    .argument("<key>", "the rollout's key, or the start of it")
    .argument("[command...]", "after --: run this instead of an interactive bash")
    .option("--at <n>", "as it was before step n acted, counted from 0 (default: after the last step)")
    .action(
      async (directory: string, prefix: string, command: readonly string[], options: { at?: string }) => {
        const stored = await readStoredRun(directory, []);
        const plan = await planOf(world, stored.pipeline);
        const { rollout, pool, steps } = await readRollout(stored.reader, prefix);
        checkSameRules(plan, stored, "mayDiffer");
        const planned = plan.cells.find(({ id }) => id === rollout.cell);
        if (planned === undefined)
          throw new UserError(`${directory}: the rollout's cell is not in its pipeline`);
        const at = stepCount(options.at, steps.length);
        const recorded = { key: rollout.key, planned, pool, steps: steps.slice(0, at) };
        const stop = new AbortController();
        const giveBack = world.onInterrupt(() => stop.abort());
        try {
          await using replayed = await replayRollout(world, stored.pipeline.sandbox, recorded, stop.signal);
          const { actionCount, differences, backend } = replayed;
          world.complain(
            `${planned.cell.taskId}, rollout ${rollout.key.slice(0, 12)}, before step ${at} of ${steps.length}: ${actionCount} actions carried out again (${backend})`,
          );
          for (const line of differences.slice(0, DIFFERENCES_SHOWN)) world.complain(`differs: ${line}`);
          const rest = differences.length - DIFFERENCES_SHOWN;
          if (rest > 0) world.complain(`differs: ${rest} more`);
          done((await withTerminal(world, replayed.sandbox, command, stop.signal)) ?? EXIT.interrupted);
        } finally {
          giveBack();
        }
      },
    );
};

function stepCount(text: string | undefined, most: number): number {
  if (text === undefined) return most;
  const at = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (at <= most) return at;
  throw new UserError(`--at ${text}: must be a whole number from 0 to ${most}, the steps of this rollout`);
}

function withTerminal(
  world: World,
  sandbox: Parameters<typeof runShell>[0],
  command: readonly string[],
  signal: AbortSignal,
): Promise<number | null> {
  const { stdin } = process;
  const isTerminal = stdin.isTTY && world.out.isTTY && command.length === 0;
  const { rows, columns } = world.out;
  const setRaw = (isRaw: boolean) => void stdin.setRawMode(isRaw);
  const terminal = isTerminal ? { rows, columns, type: world.env("TERM") ?? "xterm", setRaw } : null;
  return runShell(sandbox, command, { input: stdin, output: world.out, terminal }, signal);
}
