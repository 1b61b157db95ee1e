// SECURITY.md claims nothing without naming what proves it, and what it names is there and holds tests.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { REPOSITORY } from "../cli/nightshift.ts";

const text = readFileSync(path.join(REPOSITORY, "SECURITY.md"), "utf8");
const named = [
  ...new Set([...text.matchAll(/`((?:tests|scripts|src)\/[\w./-]*\w\.\w+)`/g)].map(([, file = ""]) => file)),
];
/** Tables whose last column says what proves each row. */
const tables = text
  .split(/\n\n/)
  .filter((block) => /^\|.*tested by \|\n/.test(block))
  .map((block) => block.split("\n").slice(2));

describe("SECURITY.md", () => {
  it("has claims under every heading", () => {
    expect(tables.length).toBeGreaterThanOrEqual(6);
    expect(tables.flat().length).toBeGreaterThanOrEqual(35);
  });

  it.each(tables.flat())("proves: %s", (row) => {
    const proofs = [...(row.split("|").at(-2) ?? "").matchAll(/`([^`]+)`/g)].map(([, file = ""]) => file);
    expect(proofs.length).toBeGreaterThan(0);
    for (const file of proofs) expect(file).toMatch(/^(?:tests|scripts)\//);
  });

  it.each(named)("%s is there", (file) => {
    const place = path.join(REPOSITORY, file);
    expect(existsSync(place)).toBe(true);
    if (file.endsWith(".test.ts"))
      expect(readFileSync(place, "utf8")).toMatch(/\b(?:it|test|refuses\w*)(?:\.each)?\(/);
  });

  it("links pages that are there", () => {
    for (const [, link = ""] of text.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      expect(existsSync(path.join(REPOSITORY, link)), link).toBe(true);
    }
  });
});
