// Deadlines as they are written, and what of a session's end is kept free for them.
import { describe, expect, it } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import { deadlineAtMs, fittedTo, judgingMs, sessionMsMax, writingMs } from "../../src/pipeline/deadline.ts";

const noon = new Date(2026, 10, 24, 12, 0).getTime();
const budgets = { usd: null, tokens: null, wallClockHours: null, deadline: null };

describe("a deadline", () => {
  it("is the next occurrence of a local time of day, or a date with a time", () => {
    expect(deadlineAtMs("13:30", noon)).toBe(noon + 5_400_000);
    expect(deadlineAtMs("08:00", noon)).toBe(new Date(2026, 10, 25, 8, 0).getTime());
    expect(deadlineAtMs("12:00", noon)).toBe(new Date(2026, 10, 25, 12, 0).getTime());
    for (const local of ["2026-11-25T08:00", "2026-11-25 08:00", "2026-11-25T08:00:00"]) {
      expect(deadlineAtMs(local, noon)).toBe(new Date(2026, 10, 25, 8, 0).getTime());
    }
    expect(deadlineAtMs("2026-11-26T08:00Z", noon)).toBe(Date.UTC(2026, 10, 26, 8, 0));
    expect(deadlineAtMs("2026-11-26T08:00:30+02:00", noon)).toBe(Date.UTC(2026, 10, 26, 6, 0, 30));
  });

  it.each(["8:00", "24:00", "08:60", "tomorrow", "", "2026-11-25", "2026-02-31T25:00", "1764000000"])(
    "is not %j",
    (text) => {
      expect(() => deadlineAtMs(text, noon)).toThrow(UserError);
      expect(() => deadlineAtMs(text, noon)).toThrow(
        /--deadline .*must be a local time of day such as 08:00/,
      );
    },
  );

  it("is refused where it is past", () => {
    expect(() => deadlineAtMs("2026-11-24T11:59", noon)).toThrow(/that is past/);
  });

  it("stands in for the pipeline's, beside its hours", () => {
    const own = { ...budgets, deadline: "13:30", wallClockHours: 8 };
    expect(sessionMsMax(own, noon)).toBe(5_400_000);
    expect(sessionMsMax(own, noon, noon + 3_600_000)).toBe(3_600_000);
    expect(sessionMsMax(own, noon, noon + 36_000_000)).toBe(8 * 3_600_000);
  });
});

describe("the end of a session", () => {
  it("keeps time for what waits for its verdict, by what judging took, and half again", () => {
    expect(judgingMs({ count: 0, sumMs: 0, waiting: 0, atOnce: 4 })).toBe(0);
    expect(judgingMs({ count: 0, sumMs: 0, waiting: 5, atOnce: 4 })).toBe(1.5 * 10_000 * 2);
    expect(judgingMs({ count: 10, sumMs: 20_000, waiting: 9, atOnce: 4 })).toBe(1.5 * 2_000 * 3);
  });

  it("keeps time for writing: by the last writing where there is one, growing with the rollouts, once more for each export", () => {
    expect(writingMs(100, null, 0)).toBe(1.5 * (5_000 + 2_000));
    expect(writingMs(100, { tookMs: 1_000, rollouts: 50 }, 0)).toBe(1.5 * 2_000);
    expect(writingMs(10, { tookMs: 1_000, rollouts: 50 }, 0)).toBe(1.5 * 1_000);
    expect(writingMs(100, { tookMs: 1_000, rollouts: 0 }, 2)).toBe(1.5 * 100_000 * 3);
  });

  it("never keeps more than half of a short session", () => {
    const reserve = { drainMs: 1_000, judgingMs: 2_000, writingMs: 5_000 };
    expect(fittedTo(100_000, reserve)).toEqual(reserve);
    expect(fittedTo(8_000, reserve)).toEqual({ drainMs: 500, judgingMs: 1_000, writingMs: 2_500 });
  });
});
