// A bounded number of places, taken at once or not at all, or waited for in turn: sessions, requests, rollouts at a time.
import { Refusal } from "./refusal.ts";

/** Contract: what was taken is given back exactly once; giving back twice counts once. */
export interface Places {
  readonly taken: number;
  readonly max: number;
  /** Takes one now. Throws Refusal CAPACITY_REACHED where none is free. */
  take(): () => void;
  /** Takes one when it is free, first come first served. Rejects with the signal's reason. */
  wait(signal: AbortSignal): Promise<() => void>;
}

/** `what` names them in the refusal, as in "sessions". Whoever waits is counted by the caller, who bounds that. */
export function places(what: string, max: number): Places {
  let taken = 0;
  const waiting = new Set<() => void>();
  const give = () => {
    let isGiven = false;
    return () => {
      if (isGiven) return;
      isGiven = true;
      taken -= 1;
      const [next] = waiting;
      next?.();
    };
  };
  return {
    get taken() {
      return taken;
    },
    max,
    take() {
      if (taken >= max) {
        throw new Refusal(
          "CAPACITY_REACHED",
          `all ${max} ${what} of this server are taken; try again when one has ended, or start it with more`,
        );
      }
      taken += 1;
      return give();
    },
    async wait(signal) {
      signal.throwIfAborted();
      if (taken >= max || waiting.size > 0) {
        await new Promise<void>((resolve, reject) => {
          const stop = () => {
            waiting.delete(go);
            reject(signal.reason);
          };
          const go = () => {
            waiting.delete(go);
            signal.removeEventListener("abort", stop);
            // Taken here, before anybody else can: the place goes from hand to hand.
            taken += 1;
            resolve();
          };
          waiting.add(go);
          signal.addEventListener("abort", stop, { once: true });
        });
        return give();
      }
      taken += 1;
      return give();
    },
  };
}
