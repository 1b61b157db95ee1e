// Which ended rollouts a session begins anew, and at what price.
import { expect, it } from "vitest";
import type { LedgerEvent } from "../../src/core/ledger.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import { fold } from "../../src/core/runState.ts";
import { isPlayedAgain, priceAgain } from "../../src/pipeline/playedAgain.ts";
import { admitted, ended, facts, retried, started } from "../store/samples.ts";

const FAILED: Outcome = { kind: "failed", boundary: "sandbox", error: "it is gone" };
const rollouts: readonly (readonly [string, Outcome, number])[] = [
  ["judged", { kind: "submitted" }, 4],
  ["failed", FAILED, 3],
  ["unpaid", FAILED, 0],
  ["cancelled", { kind: "cancelled" }, 2],
  ["interrupted", { kind: "interrupted" }, 5],
  ["lost", { kind: "submitted" }, 6],
];
const archive = { segment: 0, offset: 0, length: 100 };
const state = fold([
  ...rollouts.flatMap(([key, outcome, stepCount], index) => [
    admitted(key, index),
    started(key),
    ended(key, outcome, { archive, facts: facts({ stepCount }) }),
  ]),
  { kind: "record-lost", atMs: 9, key: "lost", retry: 0, archive, reason: "flipped" },
]);

it.each<readonly [string, "all" | readonly string[], readonly string[]]>([
  ["a resume", "all", ["failed", "unpaid", "cancelled"]],
  ["a rerun of nothing", [], ["cancelled"]],
  ["a rerun by name", ["interrupted", "lost", "judged"], ["cancelled", "interrupted", "lost"]],
])("%s", (_, given, expected) => {
  const again = given === "all" ? "all" : new Set(given);
  const played = [...state.rollouts.values()].filter((rollout) => isPlayedAgain(state, rollout, again));
  expect(played.map(({ key }) => key).sort()).toEqual([...expected].sort());
});

it("counts what is paid for twice, before and after", () => {
  expect(priceAgain(state, "all")).toEqual({ rollouts: 2, steps: 5, usd: 0.5, tokens: 240 });
  expect(priceAgain(state, new Set(["lost"]))).toMatchObject({ rollouts: 2, steps: 8 });
  expect(state.begunAnew).toEqual({ rollouts: 0, steps: 0, usd: 0, tokens: 0 });
  const given = { spentUsd: 0, spentTokens: 0, lostCallCount: 0, stepCount: 0 };
  const unpaid: LedgerEvent = { kind: "rollout-retried", atMs: 4, key: "b", retry: 0, reason: "", ...given };
  const after = fold([admitted("a"), started("a"), retried("a"), admitted("b"), unpaid]);
  expect(after.begunAnew).toEqual({ rollouts: 1, steps: 1, usd: 0.125, tokens: 50 });
});
