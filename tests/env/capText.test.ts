// Cleaning and capping of what a sandbox printed.
import { describe, expect, it } from "vitest";
import { capText, plainText } from "../../src/env/capText.ts";

describe("plainText", () => {
  it.each([
    ["a\tb\nc", "a\tb\nc"],
    ["one\r\ntwo\r\n", "one\ntwo\n"],
    [" 1%|#\r50%|##\r100%|###\r\ndone", "100%|###\ndone"],
    ["\u001b[1;31mred\u001b[0m", "red"],
    ["\u001b]0;title\u0007text", "text"],
    ["\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\", "link"],
    ["\u001b(Btext\u001b[2K\u001b[1A", "text"],
    ["a\u0000b\u0008c\u007fd\u0085e", "a\\x00b\\x08c\\x7fd\\x85e"],
    ["\u001b", ""],
    ["ä😀\u{feff}", "ä😀\u{feff}"],
  ])("turns %j into %j", (text, plain) => {
    expect(plainText(text)).toBe(plain);
  });

  it("leaves no control character behind, whatever comes", () => {
    const all = Array.from({ length: 0xa0 }, (_, code) => `\u001b${String.fromCharCode(code)}x`).join("");
    expect(plainText(all)).not.toMatch(/[^\P{Cc}\n\t]/u);
  });
});

describe("capText", () => {
  it("leaves alone what fits, to the byte", () => {
    expect(capText("é".repeat(256), 512)).toBe("é".repeat(256));
  });

  it("counts every byte: head, tail and what was left out make the whole", () => {
    for (const text of ["a".repeat(5_000), "é".repeat(3_000), "€".repeat(3_000), `x${"😀".repeat(1_000)}`]) {
      for (let bytesMax = 512; bytesMax < 520; bytesMax++) {
        const capped = capText(text, bytesMax);
        const [, head = "", count = "", tail = ""] =
          /^(.*)\n\[\.\.\. (\d+) bytes left out \.\.\.\]\n(.*)$/su.exec(capped) ?? [];
        expect(Buffer.byteLength(capped)).toBeLessThanOrEqual(bytesMax);
        expect(Buffer.byteLength(head) + Number(count) + Buffer.byteLength(tail)).toBe(
          Buffer.byteLength(text),
        );
        expect(text.startsWith(head) && text.endsWith(tail)).toBe(true);
        expect(head.length).toBeGreaterThan(0);
      }
    }
  });
});
