// The judge: a score that depends on the submission and the judge's seed alone, after a while, and sometimes none.
import { BoundaryError } from "../../src/core/errors.ts";
import { type Evaluation, type Evaluator, evaluationKey } from "../../src/core/evaluation.ts";
import { seedOf } from "../../src/core/hash.ts";
import { type Prng, prng } from "../../src/core/prng.ts";
import type { Clock } from "../../src/core/runtime.ts";
import type { BlobStore } from "../../src/core/sandbox.ts";
import type { OutsideBooks } from "./books.ts";
import { type Life, never } from "./timeline.ts";

const LATENCY_MS_MAX = 20_000;

/** `failShare`: how often it gives no verdict. */
export function simulatedJudge(of: {
  readonly clock: Clock;
  readonly life: Life;
  readonly draw: Prng;
  readonly books: OutsideBooks;
  readonly blobs: BlobStore;
  readonly failShare: number;
}): Evaluator {
  const { clock, life, draw, books, blobs, failShare } = of;
  const judgeOne: (...of: Asked) => Promise<Evaluation> = async (task, submission, phase, seed, signal) => {
    const key = evaluationKey({ submission, judgeHash: task.judgeHash, phase, seed });
    if (books.evaluated.has(key))
      books.violate("nothing is judged twice", `${key} was asked for again, and its result is durable`);
    if (!(await blobs.has(submission)))
      books.violate("a submission is durable before it is judged", `${submission} is not stored`);
    await clock.sleep(draw.next() * LATENCY_MS_MAX, signal);
    if (life.dead) return never();
    if (draw.chance(failShare)) {
      books.count("judge:failed");
      throw new BoundaryError("judge", "an injected fault: the judge gave no verdict", { transient: true });
    }
    books.judged.set(key, (books.judged.get(key) ?? 0) + 1);
    const common = { key, submission, judgeHash: task.judgeHash, phase, seed, cpuMs: 1, wallMs: 1 };
    const score = prng(seedOf("simulated score", { submission, seed })).next();
    return score < 0.05
      ? { kind: "invalid", ...common, reason: "it is no answer" }
      : { kind: "scored", ...common, score, metrics: {} };
  };
  return {
    async evaluate(task, submission, phase, seeds, signal) {
      const evaluations: Evaluation[] = [];
      for (const seed of seeds) evaluations.push(await judgeOne(task, submission, phase, seed, signal));
      return evaluations;
    },
  };
}

type Asked = [
  task: Parameters<Evaluator["evaluate"]>[0],
  submission: string,
  phase: Evaluation["phase"],
  seed: number,
  signal: AbortSignal,
];
