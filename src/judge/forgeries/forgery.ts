// What a forgery is: files to hand in, what a sound judge makes of them, and the little that making them takes.
import type { TaskDefinition } from "../../core/task.ts";
import type { SubmissionContent } from "../submissionOf.ts";

export interface Forgery {
  /** What it is, as the subject of a sentence. */
  readonly name: string;
  readonly files: SubmissionContent;
  /**
   * invalid: it must not be scored. noBetter: not scored, or no better than the starter within noise. same: the starter's score, or
   * none. told: whatever it scores is told and held against nobody, since for some tasks it is an honest answer, or cannot be helped.
   */
  readonly rule: "invalid" | "noBetter" | "same" | "told";
  /** Limits to judge it under, tighter than the task's own: to wait for those would prove no more. */
  readonly limits?: Partial<Pick<TaskDefinition["judge"], "timeoutSeconds" | "cpuSecondsMax">>;
}

/** A file changed as text; the same bytes where it is not UTF-8. */
export function changed(
  files: SubmissionContent,
  change: (text: string, path: string) => string,
): SubmissionContent {
  return new Map(
    [...files].map(([path, data]) => {
      const text = textOf(data);
      return [path, text === null ? data : new TextEncoder().encode(change(text, path))] as const;
    }),
  );
}

/** Bytes as UTF-8; null where they are not. */
export function textOf(data: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(data);
  } catch {
    return null;
  }
}

/** A numbers generator with a fixed start, for shuffles that are the same every time (xorshift32). */
export function steady(): (below: number) => number {
  let state = 0x9e3779b9;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
