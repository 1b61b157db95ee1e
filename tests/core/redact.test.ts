import { describe, expect, test } from "vitest";
import { redactor } from "../../src/core/redact.ts";

describe("redaction", () => {
  test("takes every occurrence of every secret out", () => {
    const redact = redactor(["sk-secret-one", "sk-secret-two"]);
    expect(redact("a sk-secret-one b sk-secret-two c sk-secret-one")).toBe(
      "a [redacted] b [redacted] c [redacted]",
    );
    expect(redact("nothing here")).toBe("nothing here");
  });

  test("takes secrets as text, never as a pattern or a replacement", () => {
    expect(redactor(["a.c+d(e)$&"])("a.c+d(e)$& abcd(e)")).toBe("[redacted] abcd(e)");
  });

  test("leaves text alone where a secret is too short to be one", () => {
    expect(redactor(["", "the", "1234567"])("the 1234567")).toBe("the 1234567");
    expect(redactor(["12345678"])("x12345678x")).toBe("x[redacted]x");
  });
});
