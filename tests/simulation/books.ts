// What the simulated outside knows for itself: what the provider sold, what the judge was asked, and what of both is durable. Nobody under
// test writes here, so that it can be held against what the run says of itself.
import type { Amount } from "../../src/core/budget.ts";

export interface Violation {
  readonly rule: string;
  readonly detail: string;
}

/**
 * What became of a reply that was sold. `lost`: a fault took it on the way; `stopped`: its rollout was stopped while it waited; `inFlight`: it
 * was not durable when the process died.
 */
export type Fate = "underWay" | "journaled" | "lost" | "stopped" | "inFlight";

export interface Sale {
  /** `rollout/retry/step`. */
  readonly callId: string;
  fate: Fate;
}

export class OutsideBooks {
  readonly #sales: Sale[] = [];
  /** The sales of which nobody knows yet what becomes of them, by call. */
  readonly #underWay = new Map<string, Sale>();
  readonly #triesWithReplies = new Set<string>();
  /** Calls whose reply is in the steps log or the archive. */
  readonly journaled = new Set<string>();
  /** Evaluations by key: how often the judge gave each, and which are in the ledger. */
  readonly judged = new Map<string, number>();
  readonly evaluated = new Set<string>();
  bill: Amount = { usd: 0, tokens: 0 };
  /** What the last process had spent when it was gone. */
  spentBefore: Amount = { usd: 0, tokens: 0 };
  readonly faults = new Map<string, number>();
  readonly violations: Violation[] = [];

  /** Notes that a rule was broken; the first hundred are kept. */
  violate(rule: string, detail: string): void {
    if (this.violations.length < 100) this.violations.push({ rule, detail });
  }

  count(fault: string): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
  }

  /** A reply to this call is sold. */
  sell(callId: string, price: Amount): void {
    if (this.journaled.has(callId))
      this.violate("no reply is bought twice", `${callId} was bought again, and its reply is durable`);
    if (this.#underWay.has(callId))
      this.violate("no reply is bought twice", `${callId} was bought again while it was under way`);
    const sale: Sale = { callId, fate: "underWay" };
    this.#sales.push(sale);
    this.#underWay.set(callId, sale);
    this.bill = { usd: this.bill.usd + price.usd, tokens: this.bill.tokens + price.tokens };
  }

  /** Says what became of the sale that is under way; of a call that was not sold nothing becomes. */
  settle(callId: string, fate: Exclude<Fate, "underWay">): void {
    const sale = this.#underWay.get(callId);
    if (fate === "journaled" && !this.journaled.has(callId)) {
      this.journaled.add(callId);
      this.#triesWithReplies.add(callId.slice(0, callId.lastIndexOf("/")));
    }
    if (sale === undefined) return;
    sale.fate = fate;
    this.#underWay.delete(callId);
  }

  /** Whether a reply of this try (`rollout/retry`) is durable. */
  hasReplies(attempt: string): boolean {
    return this.#triesWithReplies.has(attempt);
  }

  /** Calls that are sold and of which nobody knows more. */
  get underWay(): readonly string[] {
    return [...this.#underWay.keys()];
  }

  get soldCount(): number {
    return this.#sales.length;
  }

  fated(fate: Fate): number {
    return this.#sales.filter((sale) => sale.fate === fate).length;
  }
}
