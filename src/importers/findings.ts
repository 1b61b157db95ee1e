// What is found out about a task while it is read, for its README and the command's table.

/** `obstacles`: why it cannot be played as it stands. `notes`: what is otherwise than where it comes from. */
export interface Findings {
  readonly obstacles: string[];
  readonly notes: string[];
}
