// Thrown by a rollout that was kept at a step boundary because the run is to stop: it is still owed, and goes on there.

export class DrainedError extends Error {
  override readonly name = "DrainedError";
  constructor() {
    super("the rollout was kept at a step boundary, and goes on there when the run is resumed");
  }
}
