import { describe, expect, it } from "vitest";
import { prng } from "../../src/core/prng.ts";
import { createAdmission } from "../../src/schedule/admission.ts";
import { markSurplus } from "../../src/stages/select.ts";

/** Plays an admission with a fixed concurrency and a random finishing order; acceptance is a function of the seed index alone. */
function play(options: { accepted: number | null; rolloutsMax: number; concurrency: number; order: number }) {
  const random = prng(options.order);
  const isAccepted = (seedIndex: number) => seedIndex % 7 === 3 || seedIndex > 40;
  const admission = createAdmission([{ rolloutsMax: options.rolloutsMax, accepted: options.accepted }]);
  const running: number[] = [];
  const admitted: number[] = [];
  for (;;) {
    const next = running.length < options.concurrency ? admission.next() : "wait";
    if (next === "done" && running.length === 0) return { admitted, isAccepted };
    if (typeof next === "object") {
      running.push(next.seedIndex);
      admitted.push(next.seedIndex);
      continue;
    }
    if (running.length === 0) throw new Error("waiting for nothing");
    const [seedIndex] = running.splice(random.below(running.length), 1);
    if (seedIndex !== undefined) admission.decided(0, isAccepted(seedIndex));
  }
}

function dataset(result: ReturnType<typeof play>, accepted: number) {
  const candidates = result.admitted.map((seedIndex) => ({
    key: String(seedIndex),
    seedIndex,
    verdict: result.isAccepted(seedIndex)
      ? ({ kind: "kept" } as const)
      : ({ kind: "dropped", stage: "filter", reason: "outcome", detail: "" } as const),
  }));
  const marked = markSurplus(candidates, accepted);
  return [...marked]
    .filter(([, verdict]) => verdict.kind === "kept" || verdict.reason !== "surplus")
    .map(([key]) => Number(key));
}

describe("admission", () => {
  it("admits every seed once, in order, when there is no target", () => {
    const { admitted } = play({ accepted: null, rolloutsMax: 50, concurrency: 8, order: 1 });
    expect(admitted).toEqual(Array.from({ length: 50 }, (_, seedIndex) => seedIndex));
  });

  it("chooses the same data at every concurrency and finishing order", () => {
    const calm = dataset(play({ accepted: 6, rolloutsMax: 200, concurrency: 1, order: 1 }), 6);
    expect(calm.length).toBeGreaterThan(6);
    for (const concurrency of [2, 7, 64]) {
      for (const order of [2, 3, 4]) {
        expect(dataset(play({ accepted: 6, rolloutsMax: 200, concurrency, order }), 6)).toEqual(calm);
      }
    }
  });

  it("gives up at the end of the cell when the target cannot be reached", () => {
    const { admitted } = play({ accepted: 100, rolloutsMax: 30, concurrency: 64, order: 1 });
    expect(admitted).toHaveLength(30);
  });

  it("does not run far past a target that every rollout helps to reach", () => {
    const admission = createAdmission([{ rolloutsMax: 1000, accepted: 10 }]);
    const started: number[] = [];
    for (let next = admission.next(); typeof next === "object"; next = admission.next())
      started.push(next.seedIndex);
    expect(started.length).toBeLessThanOrEqual(20);
  });

  it("goes breadth first over cells", () => {
    const admission = createAdmission([
      { rolloutsMax: 2, accepted: null },
      { rolloutsMax: 3, accepted: null },
    ]);
    const order = Array.from({ length: 6 }, () => admission.next());
    expect(order.map((next) => (typeof next === "object" ? `${next.cell}/${next.seedIndex}` : next))).toEqual(
      ["0/0", "1/0", "0/1", "1/1", "1/2", "done"],
    );
  });

  it("does not return a seed again that an earlier session admitted", () => {
    const admission = createAdmission([{ rolloutsMax: 3, accepted: null }]);
    admission.resumed(0, 0);
    admission.resumed(0, 1);
    expect(admission.next()).toEqual({ cell: 0, seedIndex: 2 });
  });
});
