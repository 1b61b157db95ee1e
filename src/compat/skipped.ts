// What of a recorded run is not carried out or not compared, and why.

/** Why an action was not carried out or not compared. */
export const SKIPPED = {
  timedOut: "timed out when it was recorded: nobody waits for it again",
  network: "needs the network, which sandboxes have not",
  mixed: "several commands in one line of the shell, some of them MLGym's",
  program: "runs a program of a task that cannot be played here",
  enough: "asks for a score after as many as were wanted of a run",
  notJudged: "asks for a score of a task that cannot be judged here",
  noReply: "the loop's own ending without a score",
} as const;
export type Skipped = keyof typeof SKIPPED;
