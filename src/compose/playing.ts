// Which model plays a rollout: one that all rollouts of its entry share, or one made for it alone.
import type { Faults } from "../core/faults.ts";
import type { Model } from "../core/model.ts";
import type { FleetMeter } from "../models/fleetMeter.ts";
import { humanModel, type Person } from "../models/human/human.ts";
import type { ModelConfig } from "../pipeline/modelConfig.ts";
import type { PlannedCell } from "../pipeline/plan.ts";
import { fleetOf, isShared, modelOf } from "./models.ts";
import type { ReplaySource } from "./replaySource.ts";
import { modelWithout } from "./withoutSecrets.ts";
import type { World } from "./world.ts";

/** Where the models come from that are made for a rollout. */
export interface PlayingGiven {
  readonly replays: ReadonlyMap<ModelConfig, ReplaySource>;
  /** Who plays where a model is a person; null: nobody can. */
  readonly person: Person | null;
  /** What goes around each model, within what records its calls. */
  readonly around?: (model: Model) => Model;
  /** What befalls the calls of shared models on purpose; left out: nothing. */
  readonly faults?: Faults | null;
}

export interface Playing {
  readonly model: Model;
  /** Null where it is not paid by the GPU-hour. */
  readonly fleet: FleetMeter | null;
}

/** The model of one rollout of a cell, which has `stepCount` steps behind it where it is taken up. */
export type ModelFor = (planned: PlannedCell, seedIndex: number, stepCount: number) => Promise<Playing>;

/** The models of a pipeline, without their records. */
export function modelsFor(
  world: World,
  configs: readonly ModelConfig[],
  { replays, person, around: outermost = (model) => model, faults = null }: PlayingGiven,
): ModelFor {
  const { clock, log, secrets } = world;
  const around = (model: Model) => outermost(modelWithout(secrets, model));
  const shared = new Map<ModelConfig, Playing>(
    configs.filter(isShared).map((config) => {
      const fleet = fleetOf(world, config);
      return [config, { model: around(modelOf(world, config, fleet, faults)), fleet }];
    }),
  );
  return async ({ model: config, cell, tools }, seedIndex, stepCount) => {
    const common = shared.get(config);
    if (common !== undefined) return common;
    const { id } = cell.model;
    if (config.wire === "human" && person !== null) {
      const endMarkers = new Map(
        tools.flatMap(({ name, endMarker }) => (endMarker === null ? [] : [[name, endMarker] as const])),
      );
      return { model: around(humanModel({ id, person, endMarkers, clock })), fleet: null };
    }
    const source = replays.get(config);
    if (source === undefined) throw new RangeError(`the model ${config.name} has nothing to play from`);
    const of = { taskId: cell.taskId, seedIndex };
    const differs = (call: number) => log.warn("replay-differs", { model: config.name, ...of, call });
    return { model: around(await source.model({ ...of, stepCount }, differs)), fleet: null };
  };
}
