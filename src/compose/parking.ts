// Parking for the models of a run: one lot for each model behind a URL, told to the run's watch of endpoints.
import type { Model } from "../core/model.ts";
import { DEFAULT_PARKING_POLICY, parkingLot } from "../models/parking.ts";
import { withServedModel } from "../models/servedModel.ts";
import type { EndpointWatch } from "../pipeline/endpointWatch.ts";
import { isRemote, type ModelConfig } from "../pipeline/modelConfig.ts";
import type { Pipeline } from "../pipeline/pipelineFile.ts";
import type { World } from "./world.ts";

/** The longest wait between two probes, in first waits. */
const PROBE_GROWTH_MAX = 10;

/** What goes around each recorded model, outermost. Models without a URL, and runs without a watch, go without. */
export function parkingFor(
  { clock, random }: Pick<World, "clock" | "random">,
  { cells, endpoints }: Pipeline,
  { watch, hold }: { readonly watch: EndpointWatch | null; readonly hold: AbortSignal },
): (config: ModelConfig, model: Model) => Model {
  if (watch === null) return (_, model) => model;
  const probeMs = endpoints.probeSeconds * 1000;
  const policy = {
    ...DEFAULT_PARKING_POLICY,
    probeMs,
    probeMsMax: probeMs * PROBE_GROWTH_MAX,
    parkedMsMax: endpoints.parkedHoursMax * 3_600_000,
  };
  const lots = new Map(
    cells.models.filter(isRemote).map((config) => {
      const lot = parkingLot(policy, {
        clock,
        random,
        hold,
        parked: (why) => watch.parked(config, why),
        back: (of) => watch.back(config, of),
        givenUp: (of) => watch.givenUp(config, of),
      });
      return [config.name, { lot, config }] as const;
    }),
  );
  return ({ name }, model) => {
    const found = lots.get(name);
    if (found === undefined) return model;
    return withServedModel(found.lot.around(model), (by) => watch.served(found.config, by));
  };
}
