// The agreement between the wrappers around a model, from the outermost to those that repeat calls: a lost reply is paid for before it is
// bought again, and nobody repeats a call once the run is to stop.
import type { ModelRequest } from "../core/model.ts";

/** A request as `withRecording` and parking send it down. Wrappers pass the same object on, so that whoever repeats the call finds it. */
export type RebuyableRequest = ModelRequest & {
  /**
   * Called before a call is repeated whose lost reply may have been billed: charges the lost one in full and reserves again.
   * Throws BudgetExceededError when the budget does not allow it; the call is then not repeated.
   */
  readonly rebuy?: () => Promise<void>;
  /** Present where somebody outside waits for an endpoint to come back: what fails without one is not waited for inside. */
  readonly parking?: {
    /** Aborted when the run is to stop: a call under way may end, and is not repeated. */
    readonly hold: AbortSignal;
    /** The one call that finds out whether an endpoint is back: it is sent although all rest, and not repeated. */
    readonly isProbe: boolean;
  };
};
