// Money and tokens as they are reserved and spent. Always: spent + reserved ≤ limit.

export interface Amount {
  readonly usd: number;
  readonly tokens: number;
}

export interface Reservation {
  /** Turns the reservation into what the call really cost. Called exactly once, also after a failed call (zero). */
  settle(actual: Amount): void;
}

export interface Budget {
  /** Sets `most` aside before a call. Throws BudgetExceededError when it would break a limit; nothing is sent then. */
  reserve(most: Amount): Reservation;
}
