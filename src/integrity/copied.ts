// copy:starter and copy:rollout: what was handed in is the starter's, or another rollout's of the task, byte for byte.
import type { Signal } from "../core/signal.ts";
import { type Detector, signal } from "./detector.ts";

export const copied: Detector = ({ finalSubmission }, { starterSubmission, copyOf }) => {
  if (finalSubmission === null) return [];
  const found: Signal[] = [];
  if (finalSubmission === starterSubmission) {
    found.push(signal("copy:starter", null, "static", `submission ${finalSubmission.slice(0, 12)}`));
  }
  if (copyOf !== null) {
    found.push(
      signal(
        "copy:rollout",
        null,
        "static",
        `submission ${finalSubmission.slice(0, 12)} of rollout ${copyOf}`,
      ),
    );
  }
  return found;
};
