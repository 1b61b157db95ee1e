// Any other task: runs what is there and tries other numbers in the work file, one at a time, by `sed`.
import type { Prng } from "../../../core/prng.ts";
import { certainLines } from "../files.ts";
import type { Notebook, Version } from "../notebook.ts";
import type { Change, Family } from "./family.ts";

/** Numbers that stand alone on the right of an assignment, an argument or an entry; not in comments, imports or text. */
const NUMBER = /(?<=[=(,:[{]\s?)-?\d+(?:\.\d+)?(?:e-?\d+)?(?=\s*(?:[,)\]}#]|$))/g;
const SAMPLE = /sample|example|template/i;

export const unknownTask: Family = {
  name: "unknown task",
  byCommands: true,
  propose: (notes, skill, draw) => tweak(notes, notes.current, skill, draw),
  refine: tweak,
  repair: () => null,
  study: () => null,
  conclude: () => null,
  trace: () => `for file in *; do echo "== $file"; head -c 4000 "$file"; done`,
};

interface Place {
  readonly line: number;
  readonly number: string;
  readonly context: string;
}

function tweak(notes: Notebook, from: Version, skill: number, draw: Prng): Change | null {
  const file = notes.brief.workFile;
  const places = from.text === null || from.text !== notes.current.text ? [] : numbersIn(from.text);
  if (places.length === 0) return copySample(notes);
  const { line, number, context } = draw.pick(places);
  const changed = scaled(number, Math.exp(draw.normal() * (1 - 0.6 * skill)), draw);
  const before = context.replaceAll(/[.*[\]\\^$/&]/g, (char) => `\\${char}`);
  const after = context.slice(0, context.length - number.length).replaceAll(/[\\/&]/g, (char) => `\\${char}`);
  if (/['\n]/.test(context)) return null;
  return {
    kind: "command",
    command: `sed -i '${line}s/${before}/${after}${changed}/' ${file}`,
    note: `${changed} instead of ${number} in line ${line}`,
  };
}

/** Numbers of a source text with as much before them on their line as makes them unique there. */
function numbersIn(text: string): readonly Place[] {
  return certainLines(text).flatMap((row, index) => {
    if (/^\s*(?:#|import |from |"""|''')/.test(row) || /['"/\\]/.test(row)) return [];
    return [...row.matchAll(NUMBER)].map((match) => ({
      line: index + 1,
      number: match[0],
      context: row.slice(0, match.index + match[0].length).trimStart(),
    }));
  });
}

/** A number of the same kind, scaled; a whole number changes by one at least. */
function scaled(number: string, factor: number, draw: Prng): string {
  const value = Number(number);
  if (/^-?\d+$/.test(number)) {
    const whole = Math.round(value * factor);
    return String(whole === value ? value + draw.pick([-1, 1]) : whole);
  }
  return String(Number((value === 0 ? 0.1 * draw.next() : value * factor).toPrecision(4)));
}

/** Where nothing can be tuned: a sample of the submission, put in its place, is at least a valid one. */
function copySample({ brief, turns }: Notebook): Change | null {
  const ending = brief.submission.slice(brief.submission.lastIndexOf("."));
  const sample = brief.files.find((file) => SAMPLE.test(file) && file.endsWith(ending));
  const command = `cp ${sample} ${brief.submission}`;
  if (sample === undefined || brief.submission === sample || turns.some((turn) => turn.command === command))
    return null;
  return { kind: "command", command, note: "the sample as a first submission" };
}
