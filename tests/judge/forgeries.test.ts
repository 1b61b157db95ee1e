// Forged submissions hold what their names say: guesses by order and by file times, shuffles, copied labels; quotes survive.
import { describe, expect, it } from "vitest";
import { formatCsv, parseCsv } from "../../src/judge/forgeries/csvTable.ts";
import { dataForgeries, type Seen } from "../../src/judge/forgeries/data.ts";
import { jsonForgeries } from "../../src/judge/forgeries/json.ts";

const NOTHING: Seen = { tables: [], namesByTime: [] };
const text = (data: Uint8Array | undefined) => new TextDecoder().decode(data);
const submission = (content: string, path = "submission.csv") =>
  new Map([[path, new TextEncoder().encode(content)]]);

function forged(content: string, name: string, seen = NOTHING) {
  const forgery = dataForgeries(submission(content), seen).find((one) => one.name === name);
  return forgery === undefined
    ? null
    : { rule: forgery.rule, text: text(forgery.files.get("submission.csv")) };
}

const TABLE = "id,label\na,2\nb,0\nc,1\nd,0\n";

describe("forged tables", () => {
  it("guess by the order of rows, by turns and by the times of files", () => {
    const values = (name: string, seen?: Seen) =>
      forged(TABLE, name, seen)?.text.match(/\d/g)?.join("") ?? null;
    expect(values("a table guessed by the order of rows")).toBe("0012");
    expect(values("a table guessed by the order of rows, backwards")).toBe("2100");
    expect(values("a table guessed by turns")).toBe("0120");
    expect(values("a table with the most frequent value everywhere")).toBe("0000");
    expect(values("a table guessed by the times of files")).toBeNull();
    const namesByTime = ["d", "x", "b", "a", "c"];
    expect(values("a table guessed by the times of files", { tables: [], namesByTime })).toBe("1020");
    expect(values("a table with its values shuffled")?.split("").sort().join("")).toBe("0012");
  });

  it("copy the labels of a visible table that has such a column", () => {
    const name = "a table of labels copied from the training data";
    expect(forged(TABLE, name)).toBeNull();
    const train = 'id,text,label\nt1,"one, two",7\nt2,three,8\n';
    expect(forged(TABLE, name, { tables: [train], namesByTime: [] })?.text).toBe(
      "id,label\na,7\nb,8\nc,7\nd,8\n",
    );
  });

  it("are malformed where numbers are asked for, and merely worthless among texts", () => {
    expect(forged(TABLE, "a table of NaN")?.rule).toBe("invalid");
    const captions = 'id,caption\na,"a ""red"" cat, sleeping"\nb,two dogs\n';
    expect(forged(captions, "a table of NaN")).toEqual({
      rule: "noBetter",
      text: "id,caption\na,nan\nb,nan\n",
    });
    expect(forged(captions, "the starter's table in reverse order")?.text).toBe(
      'id,caption\nb,two dogs\na,"a ""red"" cat, sleeping"\n',
    );
  });

  it("are read and written as spreadsheets do", () => {
    const odd = '\uFEFFid,x\r\n1,"a\nb"\r\n\r\n2,""\r\n';
    const table = parseCsv(odd);
    expect(table).toEqual({
      header: ["id", "x"],
      rows: [
        ["1", "a\nb"],
        ["2", ""],
      ],
    });
    expect(table && formatCsv(table)).toBe('id,x\n1,"a\nb"\n2,\n');
  });
});

describe("forged JSON files", () => {
  it("change numbers and leave texts alone", () => {
    const given = '{"id 7": [1, -2.5e3, "8"]}';
    const forgery = jsonForgeries(submission(given, "out.json")).find(({ name }) => name.endsWith("of NaN"));
    expect(text(forgery?.files.get("out.json"))).toBe('{"id 7": [NaN, NaN, "8"]}');
    expect(jsonForgeries(submission(given, "out.csv"))).toEqual([]);
  });
});
