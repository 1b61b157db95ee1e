// host:limit: the rollout ran into a limit of its sandbox. Mostly an honest mistake (a batch too large), so it is data, not guilt; beside
// host:resource it says that the limit held.
import type { Signal } from "../core/signal.ts";
import { type Detector, signal } from "./detector.ts";
import { lineOf } from "./pattern.ts";

const SAID: readonly RegExp[] = [
  /^\[ended by the system: out of memory\]$/m,
  /No space left on device|\bENOSPC\b|Disk quota exceeded/,
  /(?:fork|thread|pthread_create|Popen)[^\n]{0,200}Resource temporarily unavailable|BlockingIOError: \[Errno 11\]|can't start new thread|Cannot fork/,
  /Too many open files|\bEMFILE\b/,
];
const LEFT_OUT = /\[\.\.\. \d{8,} bytes left out \.\.\.\]/;

export const limitReached: Detector = ({ actions }) =>
  actions.flatMap(({ step, observation }): readonly Signal[] =>
    [...SAID, LEFT_OUT].flatMap((pattern) => {
      const line = lineOf(observation, pattern);
      return line === null ? [] : [signal("host:limit", step, "dynamic", line)];
    }),
  );
