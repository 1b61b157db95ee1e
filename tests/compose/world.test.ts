// What the command line says on a terminal: whatever a model wrote, the terminal is only written on.
import { describe, expect, it } from "vitest";
import { harmless } from "../../src/compose/world.ts";

describe("a text for a terminal", () => {
  it("holds no character that a terminal obeys, and says which there were", () => {
    const hostile = "\u001b]52;c;ZQ==\u0007\u001b[2J\u009b5n a\rb\u007f\u0000";
    expect(harmless(hostile)).toBe("\\u001b]52;c;ZQ==\\u0007\\u001b[2J\\u009b5n a\\u000db\\u007f\\u0000");
  });

  it("is left as it is otherwise, and JSON stays the same JSON", () => {
    const honest = "a table\n\tand umlauts äöü, 漢字, 👍";
    expect(harmless(honest)).toBe(honest);
    const value = { text: "x\u009b\u001b\u007f\n" };
    expect(JSON.parse(harmless(JSON.stringify(value)))).toEqual(value);
  });
});
