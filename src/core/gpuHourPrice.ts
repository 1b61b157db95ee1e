// The price of a fleet of one's own: paid by the hour, whatever is asked of it. What a call costs of it is its share of the time.
import { z } from "zod";

export const gpuHourPriceSchema = z.strictObject({
  perGpuHourUsd: z.number().nonnegative().describe("Dollars for one GPU for one hour."),
  gpus: z.number().positive().describe("GPUs that serve this model, over all its base URLs."),
});
export type GpuHourPrice = z.infer<typeof gpuHourPriceSchema>;

/** Dollars for the whole fleet over so many milliseconds. */
export function fleetUsd(price: GpuHourPrice, ms: number): number {
  return (price.perGpuHourUsd * price.gpus * ms) / 3_600_000;
}
