// The signals of a played attack, as the score stage computes them.
import type { Task } from "../../../src/core/task.ts";
import type { Trajectory } from "../../../src/core/trajectory.ts";

export interface Flag {
  readonly name: string;
  readonly step: number | null;
  readonly evidence: string;
}

export function flagsOf(_trajectory: Trajectory, _task: Task): readonly Flag[] {
  return [];
}
