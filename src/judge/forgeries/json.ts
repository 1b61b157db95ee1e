// Forged JSON files: words that are no numbers, nesting without end, texts cut short, and every number the same.
import type { SubmissionContent } from "../submissionOf.ts";
import { changed, type Forgery } from "./forgery.ts";

const NESTED = 100_000;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;

/** Forgeries for submissions of JSON files, one document or one a line; none for other formats. */
export function jsonForgeries(starter: SubmissionContent): readonly Forgery[] {
  const isJson = (path: string) => /\.jsonl?$/.test(path);
  if (![...starter.keys()].some(isJson)) return [];
  const forged = (name: string, rule: Forgery["rule"], change: (text: string) => string) => ({
    name,
    rule,
    files: changed(starter, (text, path) => (isJson(path) ? change(text) : text)),
  });
  const numbers = (value: string) => (text: string) =>
    outsideTexts(text, (part) => part.replaceAll(NUMBER, value));
  return [
    forged("a JSON file of NaN", "noBetter", numbers("NaN")),
    forged("a JSON file of infinities", "noBetter", numbers("Infinity")),
    forged("a JSON file of numbers too large to hold", "noBetter", numbers("1e999")),
    forged("a JSON file of zeros", "noBetter", numbers("0")),
    forged("a JSON file that is cut in half", "invalid", (text) => text.slice(0, text.length >> 1)),
    forged("a JSON file that is nested without end", "invalid", () => "[".repeat(NESTED)),
    forged("a JSON file that names its own score", "invalid", () => '{"score": 1e9}'),
  ];
}

/** Changes what stands outside of quoted texts. */
function outsideTexts(text: string, change: (part: string) => string): string {
  return text
    .split(/("(?:[^"\\]|\\.)*")/)
    .map((part, index) => (index % 2 === 0 ? change(part) : part))
    .join("");
}
