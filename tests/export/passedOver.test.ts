import { describe, expect, it } from "vitest";
import { passedOver } from "../../src/export/passedOver.ts";
import { raw } from "../../src/export/raw.ts";
import { sftBranches } from "../../src/export/sftBranches.ts";

const row = (decision: string, ...flags: readonly string[]) => ({
  filter_decision: decision,
  flags: [...flags],
});

describe("a rollout that was dropped", () => {
  it("leaves with raw alone", () => {
    expect(passedOver(row("drop"), raw, null)).toBeNull();
    expect(passedOver(row("drop", "probe:hidden"), raw, null)).toBeNull();
    expect(passedOver(row("drop"), sftBranches, null)).toBe("notKept");
  });

  it("leaves with none where a secret is suspected in it, unless a pipeline keeps such rows", () => {
    expect(passedOver(row("drop", "net:tried", "secret:suspected"), raw, null)).toBe("notKept");
    expect(passedOver(row("keep", "secret:suspected"), raw, null)).toBeNull();
  });

  it("does not leave where a condition passes it over", () => {
    expect(passedOver(row("keep"), sftBranches, { holds: () => false })).toBe("notSelected");
  });
});
