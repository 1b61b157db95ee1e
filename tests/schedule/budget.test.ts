import { describe, expect, it } from "vitest";
import type { Reservation } from "../../src/core/budget.ts";
import { BudgetExceededError } from "../../src/core/model.ts";
import { prng } from "../../src/core/prng.ts";
import { createBudget } from "../../src/schedule/budget.ts";

const NEVER = new AbortController().signal;

describe("budget", () => {
  it("never has more out than was allowed, and ends when it is spent, not when it is spoken for", async () => {
    const random = prng(7);
    const run = createBudget("run", { usdMax: 10, tokensMax: 100_000 });
    let refused = 0;
    const caller = async () => {
      const rollout = createBudget("rollout", { usdMax: 4, tokensMax: null }, run);
      for (let call = 0; call < 100; call++) {
        let reservation: Reservation;
        try {
          reservation = await rollout.reserve(
            { usd: 2 * random.next(), tokens: random.below(20_000) },
            NEVER,
          );
        } catch (error) {
          expect(error).toBeInstanceOf(BudgetExceededError);
          refused++;
          return;
        }
        expect(run.spent.usd + run.reserved.usd).toBeLessThanOrEqual(10 + 1e-9);
        expect(run.spent.tokens + run.reserved.tokens).toBeLessThanOrEqual(100_000);
        expect(rollout.spent.usd + rollout.reserved.usd).toBeLessThanOrEqual(4 + 1e-9);
        await new Promise((resolve) => setImmediate(resolve));
        reservation.settle({ usd: random.next() * 0.02, tokens: 10 });
      }
    };
    await Promise.all(Array.from({ length: 40 }, caller));
    expect(refused).toBeGreaterThan(0);
    expect(run.spent.usd).toBeGreaterThan(8);
    expect(run.reserved.tokens).toBe(0);
  });

  it("says which scope and unit refused, and leaves the other budget as it was", async () => {
    const run = createBudget("run", { usdMax: null, tokensMax: 100 });
    const rollout = createBudget("rollout", { usdMax: 1, tokensMax: null }, run);
    await expect(rollout.reserve({ usd: 2, tokens: 1 }, NEVER)).rejects.toMatchObject({
      scope: "rollout",
      unit: "usd",
    });
    await expect(rollout.reserve({ usd: 0, tokens: 101 }, NEVER)).rejects.toMatchObject({
      scope: "run",
      unit: "tokens",
    });
    expect(rollout.reserved).toEqual({ usd: 0, tokens: 0 });
    expect(run.reserved).toEqual({ usd: 0, tokens: 0 });
  });

  it("waits for calls in flight while they alone stand in the way, and no longer than its signal", async () => {
    const run = createBudget("run", { usdMax: 1, tokensMax: null });
    const first = await run.reserve({ usd: 0.8, tokens: 0 }, NEVER);
    let got = false;
    const second = run.reserve({ usd: 0.5, tokens: 0 }, NEVER).then((reservation) => {
      got = true;
      return reservation;
    });
    const stop = new AbortController();
    const third = run.reserve({ usd: 0.5, tokens: 0 }, stop.signal);
    stop.abort(new Error("enough"));
    await expect(third).rejects.toThrow("enough");
    expect(got).toBe(false);
    first.settle({ usd: 0.1, tokens: 0 });
    (await second).settle({ usd: 0.5, tokens: 0 });
    await expect(run.reserve({ usd: 0.5, tokens: 0 }, NEVER)).rejects.toThrow(BudgetExceededError);
  });

  it("counts what earlier sessions spent, and settles only once", async () => {
    const run = createBudget("run", { usdMax: 1, tokensMax: null });
    run.charge({ usd: 0.9, tokens: 5 });
    await expect(run.reserve({ usd: 0.2, tokens: 0 }, NEVER)).rejects.toThrow(BudgetExceededError);
    const reservation = await run.reserve({ usd: 0.05, tokens: 0 }, NEVER);
    reservation.settle({ usd: 0.01, tokens: 3 });
    reservation.settle({ usd: 5, tokens: 3 });
    expect(run.spent.usd).toBeCloseTo(0.91);
    expect(run.spent.tokens).toBe(8);
  });
});
