// What calls cost on a fleet that is paid by the hour: each moment in which calls are in flight is shared equally among them.
import { fleetUsd, type GpuHourPrice } from "../core/gpuHourPrice.ts";
import type { Model } from "../core/model.ts";
import type { Clock } from "../core/runtime.ts";

export interface FleetMeter {
  /** Puts `costUsd` on every reply of one of the fleet's endpoints. */
  priced(model: Model): Model;
  /** What a call that begins now is reserved at: its share of the fleet over its whole timeout, as things stand. */
  mostUsd(): number;
}

/**
 * One meter for all endpoints of a model. The shares of a moment add up to the fleet's price, so all calls together cost the time in
 * which any was in flight; the share of a call that failed is borne by the next reply. Time without any call is on nobody's bill.
 */
export function fleetMeter(price: GpuHourPrice, timeoutMs: number, clock: Clock): FleetMeter {
  let inFlight = 0;
  let shareMs = 0;
  let seenAtMs = clock.monotonic();
  let unborneMs = 0;
  const tick = () => {
    const nowMs = clock.monotonic();
    if (inFlight > 0) shareMs += (nowMs - seenAtMs) / inFlight;
    seenAtMs = nowMs;
  };
  return {
    priced: (model) => ({
      id: model.id,
      provider: model.provider,
      encode: (request) => model.encode(request),
      async complete(request, signal) {
        tick();
        inFlight += 1;
        const before = shareMs;
        let ownMs = 0;
        try {
          const reply = await model.complete(request, signal).finally(() => {
            tick();
            inFlight -= 1;
            ownMs = shareMs - before + unborneMs;
            unborneMs = 0;
          });
          return { ...reply, costUsd: fleetUsd(price, ownMs) };
        } catch (error) {
          unborneMs += ownMs;
          throw error;
        }
      },
    }),
    mostUsd: () => fleetUsd(price, timeoutMs) / (inFlight + 1),
  };
}
