import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../src/core/json.ts";
import { type Prng, prng } from "../../src/core/prng.ts";

describe("canonical JSON", () => {
  test.each([
    [null, "null"],
    [true, "true"],
    [-0, "0"],
    [1e21, "1e+21"],
    [0.1, "0.1"],
    ['a"\n\u2028é🌙', '"a\\"\\n\u2028é🌙"'],
    [[], "[]"],
    [{}, "{}"],
    [[1, [2, { b: 1, a: [] }]], '[1,[2,{"a":[],"b":1}]]'],
    [{ b: 1, a: undefined, c: null }, '{"b":1,"c":null}'],
  ])("of %o", (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  test("sorts keys by code unit, not by locale or number", () => {
    expect(canonicalJson({ é: 1, z: 2, Z: 3, 10: 4, 9: 5, "": 6 })).toBe(
      '{"":6,"10":4,"9":5,"Z":3,"z":2,"é":1}',
    );
  });

  test.each([
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1n,
    () => 1,
    Symbol("s"),
    [undefined],
    { deep: [Number.NaN] },
  ])("refuses what JSON cannot carry: %o", (value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });

  test("means the same value, and is one text for every order of keys", () => {
    const random = prng(11);
    for (let round = 0; round < 200; round++) {
      const value = randomValue(random, 4);
      const text = canonicalJson(value);
      expect(JSON.parse(text)).toEqual(value);
      expect(canonicalJson(reordered(value))).toBe(text);
    }
  });
});

function randomValue(random: Prng, depth: number): unknown {
  const kind = random.below(depth === 0 ? 4 : 6);
  if (kind === 0) return random.pick([null, true, false]);
  if (kind === 1) return random.normal() * 10 ** random.below(20);
  if (kind === 2) return random.below(1000) - 500;
  if (kind === 3)
    return String.fromCharCode(...Array.from({ length: random.below(5) }, () => random.below(0x3000)));
  const items = Array.from({ length: random.below(5) }, () => randomValue(random, depth - 1));
  if (kind === 4) return items;
  return Object.fromEntries(items.map((item, index) => [`${"kxa"[index % 3]}${index}`, item]));
}

function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reordered(member)]),
  );
}
