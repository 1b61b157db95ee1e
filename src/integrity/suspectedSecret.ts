// secret:suspected: what a model wrote, or was shown, looks like a key. Known keys of this machine never get so far (core/redact.ts); a
// key that a model remembers, or a data set holds, does. The text is never rewritten: the row is dropped.
import { suspectedSecrets } from "../core/secretShapes.ts";
import { type Detector, signal } from "./detector.ts";

export const suspectedSecret: Detector = ({ actions, replies = [] }) => [
  ...replies.flatMap(({ step, text }) => found(step, "static", "wrote", text)),
  ...actions.flatMap(({ step, text, observation }) => [
    ...found(step, "static", "wrote", text),
    ...found(step, "dynamic", "read", observation),
  ]),
];

function found(step: number, source: "static" | "dynamic", how: string, text: string) {
  return suspectedSecrets(text).map(({ evidence }) =>
    signal("secret:suspected", step, source, `${how} ${evidence}`),
  );
}
