// Which model plays a rollout: one that all rollouts of its entry share, or one made for it alone.
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
}

export interface Playing {
  readonly model: Model;
  /** Null where it is not paid by the GPU-hour. */
  readonly fleet: FleetMeter | null;
}

/** The models of a pipeline, without their records. A rollout that is taken up has `stepCount` steps behind it. */
export function modelsFor(
  world: World,
  configs: readonly ModelConfig[],
  { replays, person, around: outermost = (model) => model }: PlayingGiven,
) {
  const { clock, log, secrets } = world;
  const around = (model: Model) => outermost(modelWithout(secrets, model));
  const shared = new Map<ModelConfig, Playing>(
    configs.filter(isShared).map((config) => {
      const fleet = fleetOf(world, config);
      return [config, { model: around(modelOf(world, config, fleet)), fleet }];
    }),
  );
  return async (
    { model: config, cell, tools }: PlannedCell,
    seedIndex: number,
    stepCount: number,
  ): Promise<Playing> => {
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
