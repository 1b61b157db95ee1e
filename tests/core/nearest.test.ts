// The nearest known name: slips that people make are found, far names are not forced on them.
import { describe, expect, it } from "vitest";
import { nearestName, slipsBetween, suggestion } from "../../src/core/nearest.ts";

describe("slips between two names", () => {
  it.each([
    ["", "", 0],
    ["", "abc", 3],
    ["perCell", "perCell", 0],
    ["perCel", "perCell", 1],
    ["pereCell", "perCell", 1],
    ["parCell", "perCell", 1],
    ["preCell", "perCell", 1],
    ["ca", "abc", 3],
    ["kitten", "sitting", 3],
  ])("%s and %s are %i apart, either way round", (a, b, slips) => {
    expect(slipsBetween(a, b)).toBe(slips);
    expect(slipsBetween(b, a)).toBe(slips);
  });
});

describe("the nearest name", () => {
  const names = ["process", "docker", "bubblewrap", "rollouts", "stages"];

  it.each([
    ["dokcer", "docker"],
    ["Docker", "docker"],
    ["prcess", "process"],
    ["rolouts", "rollouts"],
    ["buublewarp", "bubblewrap"],
  ])("of %s is %s", (typed, near) => {
    expect(nearestName(typed, names)).toBe(near);
  });

  it.each(["", "vm", "kubernetes", "zzzzzz", "p"])("of %j is none", (typed) => {
    expect(nearestName(typed, names)).toBeNull();
  });

  it("is the first of two that are equally near", () => {
    expect(nearestName("tesk", ["desk", "task", "tusk"])).toBe("desk");
    expect(nearestName("task2", ["task1", "task", "task3"])).toBe("task1");
  });

  it("does not take long for hostile input", () => {
    expect(nearestName("x".repeat(10_000_000), ["x".repeat(64)])).toBe("x".repeat(64));
  });
});

describe("a suggestion", () => {
  it("names the nearest, or what there is, at most twelve", () => {
    expect(suggestion("dcker", ["docker", "process"])).toBe("did you mean `docker`?");
    expect(suggestion("vm", ["docker", "process"])).toBe("there are docker, process");
    expect(suggestion("vm", ["docker"])).toBe("there is docker");
    expect(suggestion("vm", [])).toBe("there are none");
    const many = Array.from({ length: 15 }, (_, index) => `name-${index}`);
    expect(suggestion("q", many)).toMatch(/name-11 and 3 more$/);
  });
});
