import { describe, expect, test } from "vitest";
import { assertBooksClose, type Books, keepBooks } from "../../src/core/books.ts";
import { isEpisodeEnd } from "../../src/core/outcome.ts";
import { prng } from "../../src/core/prng.ts";
import { fold, RunState } from "../../src/core/runState.ts";
import { DROP_REASONS, type Verdict } from "../../src/core/verdict.ts";
import { admitted, ended, randomLedger, retried, started } from "../store/samples.ts";

const KEPT: Verdict = { kind: "kept" };
const dropped = (reason: (typeof DROP_REASONS)[number]): Verdict => ({
  kind: "dropped",
  stage: "filter",
  reason,
  detail: "",
});

describe("the books", () => {
  test("put every rollout in one column", () => {
    const state = fold([
      ...[
        "kept",
        "low",
        "low2",
        "few",
        "unjudged",
        "sandbox",
        "sandbox2",
        "model",
        "gone",
        "cut",
        "running",
        "idle",
      ].map((key) => admitted(key)),
      started("running"),
      ...["kept", "low", "low2", "few", "unjudged"].map((key) => ended(key)),
      ended("sandbox", { kind: "failed", boundary: "sandbox", error: "" }),
      ended("sandbox2", { kind: "failed", boundary: "sandbox", error: "other" }),
      ended("model", { kind: "failed", boundary: "model", error: "" }),
      ended("gone", { kind: "cancelled" }),
      ended("cut", { kind: "interrupted" }),
    ]);
    const verdicts = new Map<string, Verdict>([
      ["kept", KEPT],
      ["low", dropped("belowScore")],
      ["low2", dropped("belowScore")],
      ["few", dropped("tooFewSteps")],
      // Neither an unfinished nor a failed rollout can be kept, whatever a stage says.
      ["running", KEPT],
      ["model", KEPT],
    ]);
    const books = keepBooks(state, (key) => verdicts.get(key));
    expect(books).toEqual({
      admitted: 12,
      kept: 1,
      dropped: { belowScore: 2, tooFewSteps: 1 },
      failed: { "failed:sandbox": 2, "failed:model": 1, cancelled: 1, interrupted: 1 },
      owed: 3,
    });
    assertBooksClose(books);
  });

  test("a rollout that is tried again is owed, not failed", () => {
    const failure = ended("a", { kind: "failed", boundary: "sandbox", error: "" });
    const state = fold([admitted("a"), started("a"), failure]);
    expect(keepBooks(state, () => undefined)).toMatchObject({ failed: { "failed:sandbox": 1 }, owed: 0 });
    state.apply(retried("a"));
    expect(keepBooks(state, () => undefined)).toMatchObject({ failed: {}, owed: 1 });
  });

  test("close at every prefix of random ledgers under random verdicts", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = prng(seed);
      const state = new RunState();
      const verdicts = new Map<string, Verdict>();
      let admittedCount = 0;
      for (const event of randomLedger(random, 200)) {
        state.apply(event);
        if (event.kind === "rollout-admitted") admittedCount += 1;
        if (event.kind === "rollout-ended" && random.chance(0.8)) {
          verdicts.set(event.key, random.chance(0.5) ? KEPT : dropped(random.pick(DROP_REASONS)));
        }
        const books = keepBooks(state, (key) => verdicts.get(key));
        assertBooksClose(books);
        expect(books.admitted).toBe(admittedCount);
        const judged = [...state.rollouts.values()].filter(
          ({ outcome, key }) => outcome !== null && (!isEpisodeEnd(outcome) || verdicts.has(key)),
        );
        expect(books.owed).toBe(admittedCount - judged.length);
      }
    }
  });

  test.each<Partial<Books>>([
    { kept: 2 },
    { owed: 0 },
    { dropped: { surplus: 2 } },
    { failed: {} },
    { kept: 3, owed: -1 },
    { kept: 0.5, owed: 1.5 },
  ])("that do not add up are caught: %o", (change) => {
    const books: Books = { admitted: 4, kept: 1, dropped: { surplus: 1 }, failed: { cancelled: 1 }, owed: 1 };
    assertBooksClose(books);
    expect(() => assertBooksClose({ ...books, ...change })).toThrow(/do not close: 4 admitted/);
  });
});
