// The budget of a run or a rollout: reservations before, settlements after, and never more out than was allowed.
import type { Amount, Budget, Reservation } from "../core/budget.ts";
import { BudgetExceededError } from "../core/model.ts";
import { createBell } from "./bell.ts";

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
 * Invariant: spent + reserved ≤ limit after every reservation. A call that turns out dearer than reserved is booked as it was (the money
 * is gone), and the next reservation is refused. Reservations are upper bounds several times what calls cost, so a call waits for those
 * in flight before it is refused: a budget ends when it is spent, not when it is spoken for.
 */
export function createBudget(scope: "rollout" | "run", limits: BudgetLimits, parent?: Budget): MeteredBudget {
  let spent: Amount = { usd: 0, tokens: 0 };
  let reserved: Amount = { usd: 0, tokens: 0 };
  const settled = createBell();

  const fits = (most: Amount, taken: Amount) =>
    (limits.usdMax === null || taken.usd + most.usd <= limits.usdMax) &&
    (limits.tokensMax === null || taken.tokens + most.tokens <= limits.tokensMax);
  const refusal = (most: Amount) => {
    const unit = limits.usdMax !== null && spent.usd + most.usd > limits.usdMax ? "usd" : "tokens";
    const max = unit === "usd" ? limits.usdMax : limits.tokensMax;
    return new BudgetExceededError(
      scope,
      unit,
      `${scope} budget: the next call may need ${most[unit]} ${unit}, and ${spent[unit]} of ${max} are spent`,
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
    async reserve(most, signal): Promise<Reservation> {
      while (!fits(most, plus(spent, reserved))) {
        if (!fits(most, spent)) throw refusal(most);
        await settled.rung(signal);
      }
      reserved = plus(reserved, most);
      let outer: Reservation | undefined;
      try {
        outer = await parent?.reserve(most, signal);
      } catch (error) {
        reserved = minus(reserved, most);
        settled.ring();
        throw error;
      }
      let open = true;
      return {
        settle(actual) {
          if (!open) return;
          open = false;
          reserved = minus(reserved, most);
          spent = plus(spent, actual);
          outer?.settle(actual);
          settled.ring();
        },
      };
    },
  };
}

function plus(a: Amount, b: Amount): Amount {
  return { usd: a.usd + b.usd, tokens: a.tokens + b.tokens };
}

function minus(a: Amount, b: Amount): Amount {
  // Sums of dollars are not exact: an empty reservation must not stay a hair above or below nothing.
  return { usd: Math.max(0, a.usd - b.usd), tokens: a.tokens - b.tokens };
}
