import { describe, expect, it } from "vitest";
import { BudgetExceededError } from "../../src/core/model.ts";
import { prng } from "../../src/core/prng.ts";
import { createBudget } from "../../src/schedule/budget.ts";

describe("budget", () => {
  it("never has more out than was allowed, whatever is reserved and settled", () => {
    const random = prng(7);
    const run = createBudget("run", { usdMax: 10, tokensMax: 100_000 });
    const rollout = createBudget("rollout", { usdMax: 4, tokensMax: null }, run);
    const open: ReturnType<typeof rollout.reserve>[] = [];
    let refused = 0;
    for (let i = 0; i < 2_000; i++) {
      if (random.chance(0.6)) {
        try {
          open.push(
            (random.chance(0.5) ? rollout : run).reserve({ usd: random.next(), tokens: random.below(5_000) }),
          );
        } catch (error) {
          expect(error).toBeInstanceOf(BudgetExceededError);
          refused++;
        }
      } else
        open
          .splice(random.below(Math.max(1, open.length)), 1)[0]
          ?.settle({ usd: random.next() * 0.01, tokens: 10 });
      expect(run.spent.usd + run.reserved.usd).toBeLessThanOrEqual(10 + 1e-9);
      expect(run.spent.tokens + run.reserved.tokens).toBeLessThanOrEqual(100_000);
      expect(rollout.spent.usd + rollout.reserved.usd).toBeLessThanOrEqual(4 + 1e-9);
    }
    expect(refused).toBeGreaterThan(0);
  });

  it("says which scope and unit refused, and leaves the other budget as it was", () => {
    const run = createBudget("run", { usdMax: null, tokensMax: 100 });
    const rollout = createBudget("rollout", { usdMax: 1, tokensMax: null }, run);
    expect(() => rollout.reserve({ usd: 2, tokens: 1 })).toThrowError(
      expect.objectContaining({ scope: "rollout", unit: "usd" }),
    );
    expect(() => rollout.reserve({ usd: 0, tokens: 101 })).toThrowError(
      expect.objectContaining({ scope: "run", unit: "tokens" }),
    );
    expect(rollout.reserved).toEqual({ usd: 0, tokens: 0 });
    expect(run.reserved).toEqual({ usd: 0, tokens: 0 });
  });

  it("counts what earlier sessions spent, and settles only once", () => {
    const run = createBudget("run", { usdMax: 1, tokensMax: null });
    run.charge({ usd: 0.9, tokens: 5 });
    expect(() => run.reserve({ usd: 0.2, tokens: 0 })).toThrow(BudgetExceededError);
    const reservation = run.reserve({ usd: 0.05, tokens: 0 });
    reservation.settle({ usd: 0.01, tokens: 3 });
    reservation.settle({ usd: 5, tokens: 3 });
    expect(run.spent.usd).toBeCloseTo(0.91);
    expect(run.spent.tokens).toBe(8);
  });
});
