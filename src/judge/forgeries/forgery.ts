// What a forgery is: files to hand in, and what a sound judge makes of them.
import type { SubmissionContent } from "../submissionOf.ts";

export interface Forgery {
  /** What it is, as the subject of a sentence. */
  readonly name: string;
  readonly files: SubmissionContent;
  /**
   * invalid: it must not be scored. noBetter: not scored, or no better than the starter within noise. same: the starter's score, or
   * none.
   */
  readonly rule: "invalid" | "noBetter" | "same";
}

/** A file changed as text; the same bytes where it is not UTF-8. */
export function changed(
  files: SubmissionContent,
  change: (text: string, path: string) => string,
): SubmissionContent {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  return new Map(
    [...files].map(([path, data]) => {
      try {
        return [path, new TextEncoder().encode(change(decoder.decode(data), path))] as const;
      } catch {
        return [path, data] as const;
      }
    }),
  );
}
