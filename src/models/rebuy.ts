// The agreement between the wrapper that counts money and those that repeat calls: a lost reply is paid for before it is bought again.
import type { ModelRequest } from "../core/model.ts";

/** A request as `withRecording` sends it down. Wrappers pass the same object on, so that whoever repeats the call finds it. */
export type RebuyableRequest = ModelRequest & {
  /**
   * Called before a call is repeated whose lost reply may have been billed: charges the lost one in full and reserves again.
   * Throws BudgetExceededError when the budget does not allow it; the call is then not repeated.
   */
  readonly rebuy?: () => Promise<void>;
};
