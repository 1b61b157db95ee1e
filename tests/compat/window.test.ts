// The arithmetic of MLGym's window, against cases worked out from its rule by hand.
import { describe, expect, it } from "vitest";
import { constrained, middleFor, windowAround } from "../../src/compat/window.ts";

describe("MLGym's window", () => {
  it("shows a short file whole", () => {
    expect(windowAround(constrained(0, 29), 29)).toEqual({ first: 1, last: 29, above: 0, below: 0 });
  });

  it("stands in the middle of a long one", () => {
    expect(windowAround(constrained(middleFor(2000), 5000), 5000)).toEqual({
      first: 1835,
      last: 2834,
      above: 1834,
      below: 2166,
    });
  });

  it("shows ten lines more than a refused edit has, around its middle", () => {
    // Three lines put at line 20 of 40: thirteen lines, from the middle 20 on.
    expect(windowAround(constrained(20, 40, 13), 40, 13)).toEqual({
      first: 14,
      last: 26,
      above: 13,
      below: 14,
    });
  });

  it("tells fewer lines above than there are where the file ends within it", () => {
    const window = windowAround(constrained(39, 40, 13), 40, 13);
    expect(window).toEqual({ first: 28, last: 40, above: 27, below: 0 });
  });
});
