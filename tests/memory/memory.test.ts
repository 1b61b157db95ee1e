// The memory: its file, what is found in it by words, and how a run's notes join it.
import { describe, expect, it } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import { frozenMemory, termsOf } from "../../src/memory/frozenMemory.ts";
import { mergeNotes } from "../../src/memory/mergeNotes.ts";
import { memoryHash, NOTES_MAX, type Note, notesText, parseNotes } from "../../src/memory/notes.ts";

const note = (text: string, task: string | null = null, from: string | null = null): Note => ({
  text,
  task,
  from,
});

describe("a memory file", () => {
  it("is read back as it was written", () => {
    const notes = [note('Two\nlines, "quotes" and 漢字'), note("plain", "colonel-blotto", "abc/1/0")];
    expect(parseNotes(notesText(notes), "m")).toEqual(notes);
    expect(parseNotes('\n{"text":"by hand"}\n\n', "m")).toEqual([note("by hand")]);
    expect(parseNotes("", "m")).toEqual([]);
  });

  it("is refused with the line of what is wrong", () => {
    const wrong: readonly (readonly [string, RegExp])[] = [
      ['{"text":"a"}\n{"text":', /^m\.jsonl:2: not a line of JSON/],
      ['{"text":" "}', /^m\.jsonl:1: text: is empty/],
      ['{"texts":"a"}', /^m\.jsonl:1: text: /],
      ['{"text":"a","tag":1}', /^m\.jsonl:1: .*tag/],
      [`{"text":"${"x".repeat(2_001)}"}`, /^m\.jsonl:1: text: .*2000/],
      ['"a"', /^m\.jsonl:1: /],
      [
        '{"text":"a"}\n'.repeat(NOTES_MAX + 1),
        new RegExp(`^m\\.jsonl:${NOTES_MAX + 1}: a memory holds at most`),
      ],
    ];
    for (const [text, says] of wrong) {
      expect(() => parseNotes(text, "m.jsonl")).toThrow(UserError);
      expect(() => parseNotes(text, "m.jsonl")).toThrow(says);
    }
  });

  it("is known by what an agent can read of it", () => {
    const hash = memoryHash([note("a", "t", "k/1/0"), note("b")]);
    expect(memoryHash([note("a", "t", null), note("b")])).toBe(hash);
    expect(memoryHash([note("b"), note("a", "t")])).not.toBe(hash);
    expect(memoryHash([note("a"), note("b")])).not.toBe(hash);
  });
});

describe("finding notes", () => {
  const memory = frozenMemory([
    note("Spread the troops evenly over the fields.", "colonel-blotto"),
    note("A learning rate of 0.1 diverged; 0.01 with momentum works."),
    note("The judge counts troops per field; the troops must add up to 120."),
    note("Momentum helps."),
    note("ＬＥＡＲＮＩＮＧ rate warm-up of 100 steps"),
  ]);
  const texts = (query: string, most = 5) => memory.find(query, most).map(({ text }) => text.slice(0, 12));

  it("ranks by the words they share, rare ones first", () => {
    expect(texts("troops")).toEqual(["The judge co", "Spread the t"]);
    expect(texts("momentum learning rate")[0]).toBe("A learning r");
    expect(texts("momentum")).toEqual(["Momentum hel", "A learning r"]);
  });

  it("takes no account of case, width or punctuation", () => {
    expect(texts("LEARNING!")).toEqual(texts("learning"));
    expect(texts("learning")).toContain("ＬＥＡＲＮＩＮＧ rat");
    expect(termsOf("Fields-per_field: ﬁne 0.01")).toEqual(["fields", "per", "field", "fine", "0", "01"]);
  });

  it("finds nothing where no word is shared, and no more than was asked for", () => {
    expect(texts("zebra")).toEqual([]);
    expect(texts("...")).toEqual([]);
    expect(texts("the", 1)).toHaveLength(1);
    expect(frozenMemory([]).find("a", 5)).toEqual([]);
    expect(memory.noteCount).toBe(5);
  });

  it("puts the earlier of two equal notes first, whatever their order in the index", () => {
    const twins = frozenMemory([note("alpha one"), note("alpha two"), note("alpha one")]);
    expect(twins.find("alpha", 3).map(({ text }) => text)).toEqual(["alpha one", "alpha two", "alpha one"]);
  });

  it("agrees with a reference value of BM25", () => {
    // Two notes of two and four words; the query's only word stands once in the first and twice in the second:
    // idf = ln(1 + 0.5/2.5), tf parts 2.2/(1 + 1.2·(0.25 + 0.75·2/3)) = 1.15789 and 4.4/(2 + 1.2·(0.25 + 0.75·4/3)) = 1.25714.
    const two = frozenMemory([note("x a"), note("x x b c")]);
    expect(two.find("x", 2).map(({ text }) => text)).toEqual(["x x b c", "x a"]);
    // Three of seven words: 2.2/(1 + 1.2·(0.25 + 0.75·2/4.5)) = 1.29412 against 4.4/(2 + 1.2·(0.25 + 0.75·7/4.5)) = 1.18919.
    const long = frozenMemory([note("x a"), note("x x b c d e f")]);
    expect(long.find("x", 2).map(({ text }) => text)).toEqual(["x a", "x x b c d e f"]);
  });

  it("is not confused by names of JavaScript's own", () => {
    const odd = frozenMemory([note("__proto__ constructor"), note("toString")]);
    expect(odd.find("constructor", 2)).toHaveLength(1);
    expect(odd.find("hasOwnProperty", 2)).toEqual([]);
  });
});

describe("merging", () => {
  const held = [note("old one"), note("old two")];

  it("keeps the order and says each thing once", () => {
    const written = [note("new", "t", "k/1/0"), note(" NEW "), note("Old  One"), note("newer")];
    const merged = mergeNotes(held, written);
    expect(merged.notes.map(({ text }) => text)).toEqual(["old one", "old two", "new", "newer"]);
    expect(merged).toMatchObject({ addedCount: 2, repeatedCount: 2, droppedCount: 0 });
  });

  it("changes nothing the second time", () => {
    const written = [note("a"), note("b")];
    const once = mergeNotes(held, written).notes;
    expect(mergeNotes(once, written)).toEqual({
      notes: once,
      addedCount: 0,
      repeatedCount: 2,
      droppedCount: 0,
    });
  });

  it("lets the oldest give way to stay within its bounds", () => {
    const byCount = mergeNotes(held, [note("c"), note("d")], { notes: 3, bytes: 10_000 });
    expect(byCount.notes.map(({ text }) => text)).toEqual(["old two", "c", "d"]);
    expect(byCount).toMatchObject({ addedCount: 2, droppedCount: 1 });
    const bytes = Buffer.byteLength(notesText([note("c"), note("d")]));
    const bySize = mergeNotes(held, [note("c"), note("d")], { notes: 10, bytes });
    expect(bySize.notes.map(({ text }) => text)).toEqual(["c", "d"]);
  });
});
