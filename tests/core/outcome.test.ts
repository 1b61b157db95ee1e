import { describe, expect, test } from "vitest";
import { BoundaryError, errorText, UserError, within } from "../../src/core/errors.ts";
import { isEpisodeEnd, type Outcome, outcomeText } from "../../src/core/outcome.ts";

const CASES: readonly (readonly [Outcome, string, boolean])[] = [
  [{ kind: "submitted" }, "submitted", true],
  [{ kind: "forfeit" }, "forfeit", true],
  [{ kind: "limit", limit: "context" }, "limit:context", true],
  [{ kind: "stopped", rule: "plateau" }, "stopped:plateau", true],
  [{ kind: "failed", boundary: "judge", error: "x" }, "failed:judge", false],
  [{ kind: "cancelled" }, "cancelled", false],
  [{ kind: "interrupted" }, "interrupted", false],
];

test.each(CASES)("the outcome %o reads %s", (outcome, text, isEnd) => {
  expect(outcomeText(outcome)).toBe(text);
  expect(isEpisodeEnd(outcome)).toBe(isEnd);
});

describe("attribution", () => {
  const failing = (error: unknown) => within("sandbox", "starting", () => Promise.reject(error));

  test("gives a boundary to what has none, with the cause kept", async () => {
    const cause = new Error("no such image");
    const error = await failing(cause).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BoundaryError);
    expect(error).toMatchObject({ boundary: "sandbox", transient: false, cause });
    expect(String(error)).toBe("BoundaryError: starting: no such image");
  });

  test("leaves alone what is attributed, the user's, or an abort", async () => {
    const aborted = AbortSignal.abort().reason;
    for (const error of [new BoundaryError("model", "m"), new UserError("u"), aborted]) {
      await expect(failing(error)).rejects.toBe(error);
    }
    expect(await within("task", "reading", async () => 7)).toBe(7);
  });

  test("an error's text is one line of at most 500 characters, with its cause", () => {
    expect(errorText(new Error("a\n  b", { cause: new Error("c") }))).toBe("a b (c)");
    expect(errorText("thrown text")).toBe("thrown text");
    expect(errorText(new Error("x".repeat(1000))).length).toBe(500);
  });
});
