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
  /**
   * Sets `most` aside before a call. Where only the reservations of calls in flight stand in the way, it waits for them to settle; it
   * rejects with BudgetExceededError when what is spent leaves no room, and with the signal's reason. Nothing is sent then.
   */
  reserve(most: Amount, signal: AbortSignal): Promise<Reservation>;
}
