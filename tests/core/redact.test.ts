import { describe, expect, test } from "vitest";
import { redactor, secretIn } from "../../src/core/redact.ts";

const KEY = 'sk-canary/7Qx+"3vR&pZ0=\\Lw9';
const known = [{ name: "API_KEY", value: KEY }];
const redact = redactor(known);
const MARK = "[redacted:API_KEY]";

describe("redaction", () => {
  test("takes every occurrence of every secret out and names it", () => {
    const both = redactor([
      { name: "ONE", value: "sk-secret-one" },
      { name: "TWO", value: "sk-secret-two" },
    ]);
    expect(both("a sk-secret-one b sk-secret-two c sk-secret-one")).toBe(
      "a [redacted:ONE] b [redacted:TWO] c [redacted:ONE]",
    );
    expect(both("nothing here")).toBe("nothing here");
  });

  test("takes secrets as text, never as a pattern or a replacement", () => {
    const odd = redactor([{ name: "ODD", value: "a.c+d(e)$&" }]);
    expect(odd("a.c+d(e)$& abcd(e)")).toBe("[redacted:ODD] abcd(e)");
  });

  test("leaves text alone where a secret is too short to be one", () => {
    const short = ["", "the", "1234567"].map((value) => ({ name: "SHORT", value }));
    expect(redactor(short)("the 1234567")).toBe("the 1234567");
    expect(redactor([{ name: "PIN", value: "12345678" }])("x12345678x")).toBe("x[redacted:PIN]x");
  });

  const encodings: Readonly<Record<string, (text: string) => string>> = {
    json: (text) => JSON.stringify(text).slice(1, -1),
    "json within json": (text) => JSON.stringify(JSON.stringify(text).slice(1, -1)).slice(1, -1),
    "json with escaped slashes": (text) => JSON.stringify(text).slice(1, -1).replaceAll("/", "\\/"),
    url: encodeURIComponent,
    "url in lower case": (text) =>
      encodeURIComponent(text).replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    html: (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;"),
    "hex in lower case": (text) => Buffer.from(text).toString("hex"),
    "hex in upper case": (text) => Buffer.from(text).toString("hex").toUpperCase(),
  };
  test.each(Object.keys(encodings))("knows a secret as %s", (name) => {
    const written = encodings[name]?.(KEY) ?? "";
    expect(redact(`before ${written} after`)).toBe(`before ${MARK} after`);
  });

  test.each(["base64", "base64url"] as const)(
    "knows a secret in %s, wherever it stands in the text",
    (encoding) => {
      for (const before of ["", "u", "us", "use", "user:"]) {
        for (const after of ["", "\n", "@h", "@host"]) {
          const written = Buffer.from(before + KEY + after).toString(encoding);
          const clean = redact(`see ${written}.`);
          expect(clean).toContain(MARK);
          // What is left of it, at most a few characters on either side, decodes to nothing of the key.
          const left = clean
            .split(MARK)
            .map((part) => Buffer.from(part.replace("see ", ""), encoding).toString("latin1"));
          expect(left.join("").includes(KEY.slice(0, 4))).toBe(false);
          expect(left.join("").includes(KEY.slice(-4))).toBe(false);
        }
      }
    },
  );

  test("takes out both halves of a secret that a cut or a boundary between chunks has parted", () => {
    for (let at = 12; at <= KEY.length - 12; at++) {
      const [head, tail] = [KEY.slice(0, at), KEY.slice(at)];
      expect([redact(`log ${head}`), redact(`${tail} end`)]).toEqual([`log ${MARK}`, `${MARK} end`]);
      const cut = "\n[... 4096 bytes left out ...]\n";
      expect(redact(`log ${head}${cut}${tail} end`)).toBe(`log ${MARK}${cut}${MARK} end`);
    }
    const half = KEY.slice(3, -3);
    expect(redact(half)).toBe(half);
  });

  test("is done once: what it returns is left as it is", () => {
    const text = `${KEY.slice(0, 14)}\n[... 9 bytes left out ...]\n${KEY.slice(9)} ${Buffer.from(KEY).toString("hex")}`;
    expect(redact(redact(text))).toBe(redact(text));
  });

  test("takes the longer of two secrets, and the first name of one value", () => {
    const nested = redactor([
      { name: "SHORT", value: "sk-abcdefgh" },
      { name: "LONG", value: "sk-abcdefgh-ijklmnop" },
      { name: "ALIAS", value: "sk-abcdefgh-ijklmnop" },
    ]);
    expect(nested("sk-abcdefgh-ijklmnop sk-abcdefgh-x")).toBe("[redacted:ALIAS] [redacted:SHORT]-x");
  });

  test("knows the lines of a private key one by one", () => {
    const pem = `-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n-----END PRIVATE KEY-----`;
    const line = redactor([{ name: "PEM", value: pem }])("2: BKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj");
    expect(line).toBe("2: [redacted:PEM]");
  });

  test("finds a secret in bytes, also across the windows that they are read in", () => {
    const find = secretIn(known);
    const bytes = new Uint8Array(3 * 1_048_576).fill(0xff);
    expect(find(bytes)).toBeNull();
    bytes.set(Buffer.from(KEY), 1_048_576 - 5);
    expect(find(bytes)).toBe("API_KEY");
  });
});
