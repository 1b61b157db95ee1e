// model:changed: the rollout's steps were served under more than one model's name. Nothing is wrong with what the agent did; but a row
// that two models wrote is a sample of neither.
import { type Detector, signal } from "./detector.ts";

export const modelChanged: Detector = ({ replies = [] }) =>
  replies.flatMap(({ step, servedModel }, index) => {
    const before = replies[index - 1]?.servedModel;
    if (before === undefined || servedModel === undefined || servedModel === before) return [];
    return [signal("model:changed", step, "dynamic", `served as ${servedModel}, before as ${before}`)];
  });
