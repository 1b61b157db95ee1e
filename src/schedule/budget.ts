// The budget of a run or a rollout: reservations before, settlements after, and never more out than was allowed.
import type { Amount, Budget, Reservation } from "../core/budget.ts";
import { BudgetExceededError } from "../core/model.ts";

export interface BudgetLimits {
  /** Null: no limit. */
  readonly usdMax: number | null;
  readonly tokensMax: number | null;
}

export interface MeteredBudget extends Budget {
  readonly spent: Amount;
  readonly reserved: Amount;
  /** Books what an earlier session of the run had spent. */
  charge(amount: Amount): void;
}

/**
 * A budget with limits of its own, inside an optional parent that must agree to every reservation too.
 * Invariant: spent + reserved ≤ limit after every reservation. A call that turns out dearer than reserved is booked as it was
 * (the money is gone), and the next reservation is refused.
 */
export function createBudget(scope: "rollout" | "run", limits: BudgetLimits, parent?: Budget): MeteredBudget {
  let spent: Amount = { usd: 0, tokens: 0 };
  let reserved: Amount = { usd: 0, tokens: 0 };
  const plus = (a: Amount, b: Amount, sign = 1): Amount => ({
    usd: a.usd + sign * b.usd,
    tokens: a.tokens + sign * b.tokens,
  });
  const refuse = (unit: "usd" | "tokens", wanted: number, max: number) => {
    throw new BudgetExceededError(
      scope,
      unit,
      `${scope} budget: the next call may need ${wanted} ${unit}, ${spent[unit]} are spent and ${reserved[unit]} reserved of ${max}`,
    );
  };
  return {
    get spent() {
      return spent;
    },
    get reserved() {
      return reserved;
    },
    charge(amount) {
      spent = plus(spent, amount);
    },
    reserve(most): Reservation {
      const after = plus(plus(spent, reserved), most);
      if (limits.usdMax !== null && after.usd > limits.usdMax) refuse("usd", most.usd, limits.usdMax);
      if (limits.tokensMax !== null && after.tokens > limits.tokensMax)
        refuse("tokens", most.tokens, limits.tokensMax);
      const outer = parent?.reserve(most);
      reserved = plus(reserved, most);
      let open = true;
      return {
        settle(actual) {
          if (!open) return;
          open = false;
          reserved = plus(reserved, most, -1);
          spent = plus(spent, actual);
          outer?.settle(actual);
        },
      };
    },
  };
}
