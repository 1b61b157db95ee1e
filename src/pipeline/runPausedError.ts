// What a run's pause signal is aborted with. Nothing is broken: the run waits for a person.

/** `message` says in one line why the run paused. */
export class RunPausedError extends Error {
  override readonly name = "RunPausedError";
}
