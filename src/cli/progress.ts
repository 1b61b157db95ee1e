// Live progress: one block redrawn in place on a terminal, one plain line every ten seconds elsewhere.
import type { Progress } from "../pipeline/plannedRun.ts";
import { countText, durationText } from "./table.ts";

const REDRAW_MS = 500;
const PLAIN_LINE_MS = 10_000;
const RATE_WINDOW_MS = 30_000;

export interface ProgressView {
  /** Draws a last time and gives the terminal back. */
  close(): void;
}

/** Shows progress until closed. `snapshot` must be cheap: it is called twice a second. */
export function showProgress(snapshot: () => Progress, out: NodeJS.WriteStream): ProgressView {
  const samples: { atMs: number; stepCount: number }[] = [];
  let drawnLines = 0;
  const stepsPerSecond = (now: Progress) => {
    samples.push({ atMs: now.elapsedMs, stepCount: now.stepCount });
    while ((samples[0]?.atMs ?? 0) < now.elapsedMs - RATE_WINDOW_MS) samples.shift();
    const first = samples[0];
    if (first === undefined || first.atMs === now.elapsedMs) return 0;
    return ((now.stepCount - first.stepCount) * 1000) / (now.elapsedMs - first.atMs);
  };
  const draw = () => {
    const now = snapshot();
    const lines = progressLines(now, stepsPerSecond(now));
    if (!out.isTTY) {
      out.write(`${lines.join(" | ")}\n`);
      return;
    }
    const width = Math.max(20, out.columns || 80);
    const up = drawnLines > 0 ? `\u001b[${drawnLines}A\r\u001b[J` : "";
    out.write(`${up}${lines.map((line) => line.slice(0, width - 1)).join("\n")}\n`);
    drawnLines = lines.length;
  };
  const timer = setInterval(draw, out.isTTY ? REDRAW_MS : PLAIN_LINE_MS);
  return {
    close() {
      clearInterval(timer);
      draw();
    },
  };
}

/** The lines of one picture. */
export function progressLines(now: Progress, stepsPerSecond: number): string[] {
  const { books } = now;
  const done = books.admitted - books.owed;
  const dropped = Object.values(books.dropped).reduce((sum, count) => sum + count, 0);
  const failed = Object.values(books.failed).reduce((sum, count) => sum + count, 0);
  const remaining = now.planned - done;
  const eta = done > 0 && remaining > 0 ? durationText((now.elapsedMs / done) * remaining) : "–";
  const reasons = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([reason, count]) => `${reason} ${count}`)
      .join(", ");
  const parked = now.parked.map(
    ({ model, trouble, parkedMs }) => `parked: ${model} for ${durationText(parkedMs)} (${trouble})`,
  );
  return [
    `rollouts ${done}/${now.planned} done, ${now.running} running, ${books.owed} owed`,
    `kept ${books.kept}, dropped ${dropped}${dropped > 0 ? ` (${reasons(books.dropped)})` : ""}, failed ${failed}${
      failed > 0 ? ` (${reasons(books.failed)})` : ""
    }`,
    `${stepsPerSecond.toFixed(1)} steps/s, ${countText(now.stepCount)} steps, ${countText(now.tokens)} tokens, ${
      now.costUsd === null ? "no price" : `$${now.costUsd.toFixed(2)}`
    }, ${durationText(now.elapsedMs)}, ETA ${eta}`,
    ...parked,
  ];
}
