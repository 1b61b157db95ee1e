// Any script with named numbers at its top: more of what costs effort, other rates, switches the other way, and then another run.
import type { Prng } from "../../../core/prng.ts";
import { certainLines } from "../files.ts";
import type { Notebook, Version } from "../notebook.ts";
import { writeWhole } from "../writing.ts";
import { type Change, type Family, seenText } from "./family.ts";
import { unknownTask } from "./unknownTask.ts";

/** `NAME = 3`, `NAME = 1e-3`, `NAME = True`, `NAME = (0.4, 0.6)`, alone on a line. */
const CONSTANT =
  /^([A-Z][A-Z0-9_]*) = (-?\d+(?:\.\d+)?(?:e-?\d+)?|True|False|[([]-?[\d.]+(?:, -?[\d.]+)+[)\]])\s*(?:#.*)?$/;
/** A change of a single number in a constant's line: the constants are for this family, with its bounds. */
const NAMED_LINE = /^sed -i '\d+s\/[A-Z][A-Z0-9_]* = /;
/** What says how much is measured, or what the data is like: a change of these tells nothing. */
const FIXED =
  /^IS_|SEED|^HELD|^CHECKPOINTS$|^FRAMES$|^EPISODES$|^GAMES$|^BYTES$|^CLASSES$|^LABELS$|^ARMS$|_MAX_BYTES$/;
/** More of these mostly helps, and takes longer. */
const EFFORT =
  /ROUNDS|TREES|EPOCHS|GENERATIONS|UPDATES|ESTIMATORS|DEPTH|CHANNELS|HIDDEN|IMAGES|POPULATION|BINS|FIELDS|ORDER|LAYERS|WIDTH|^ROWS$/;
/** How many times the starter's effort a version may take: less where a run is a training run already. */
const EFFORT_MAX = 20;
const TRAINING_EFFORT_MAX = 3;
const DRAWS_MAX = 8;

interface Named {
  readonly name: string;
  readonly value: string;
}

/** The family of scripts with named constants; null while no such script was read. */
export function namedConstants(notes: Notebook): Family | null {
  const starter = notes.versions[0]?.text ?? null;
  if (starter === null || constantsIn(starter).length === 0) return null;
  const isTraining = /\b(?:jax|torch)\b/.test(seenText(notes));
  const effortMax = isTraining ? TRAINING_EFFORT_MAX : EFFORT_MAX;
  const next = (from: Version, skill: number, draw: Prng) => {
    if (draw.chance(0.12)) {
      const inside = unknownTask.refine(notes, from, skill, draw);
      if (inside?.kind === "command" && !NAMED_LINE.test(inside.command)) return inside;
    }
    return changed(notes, from.text ?? starter, starter, effortMax, skill, draw);
  };
  return {
    ...unknownTask,
    name: "named constants",
    propose: (_notes, skill, draw) => next(draw.chance(skill) ? notes.best : notes.current, skill, draw),
    refine: (_notes, from, skill, draw) => next(from, skill, draw),
  };
}

/** The constants of a text that may be changed. */
export function constantsIn(text: string): readonly Named[] {
  return certainLines(text).flatMap((line) => {
    const [, name = "", value = ""] = CONSTANT.exec(line) ?? [];
    return name === "" || FIXED.test(name) ? [] : [{ name, value }];
  });
}

/** A version not yet tried, some constants away from a text; null where none was found in some draws. */
function changed(
  notes: Notebook,
  from: string,
  starter: string,
  effortMax: number,
  skill: number,
  draw: Prng,
): Change | null {
  const constants = constantsIn(from);
  const at = new Map(constantsIn(starter).map(({ name, value }) => [name, value]));
  for (let trial = 0; constants.length > 0 && trial < DRAWS_MAX; trial++) {
    const count = Math.min(constants.length, 1 + draw.below(skill > 0.5 ? 3 : 2));
    const values = new Map<string, string>();
    for (let index = 0; index < count; index++) {
      const { name, value } = draw.pick(constants);
      values.set(name, otherValue(name, value, skill, draw));
    }
    const text = withValues(from, values);
    const isTried = notes.versions.some((version) => version.text === text);
    if (!isTried && effortOf(text, at) <= effortMax) return asChange(notes, text, values);
  }
  return null;
}

/** The product of what every constant of effort has grown by since the starter. */
function effortOf(text: string, starter: ReadonlyMap<string, string>): number {
  return constantsIn(text)
    .filter(({ name }) => EFFORT.test(name))
    .map(({ name, value }) => Number(value) / Math.max(1, Number(starter.get(name) ?? value)))
    .reduce((product, growth) => product * (Number.isFinite(growth) ? growth : 1), 1);
}

function withValues(text: string, values: ReadonlyMap<string, string>): string {
  return text
    .split("\n")
    .map((line) => {
      const value = values.get(CONSTANT.exec(line)?.[1] ?? "");
      return value === undefined ? line : `${CONSTANT.exec(line)?.[1]} = ${value}`;
    })
    .join("\n");
}

/** The lines that differ from what stands there, one `sed` command each; the whole file where other lines differ. */
function asChange(notes: Notebook, text: string, values: ReadonlyMap<string, string>): Change {
  const file = notes.brief.workFile;
  const note = [...values].map(([name, value]) => `${name} = ${value}`).join(" and ");
  const now = (notes.current.text ?? "").split("\n");
  const wanted = text.split("\n");
  const lines = wanted.filter((line, index) => line !== now[index]);
  if (now.length !== wanted.length || lines.some((line) => !CONSTANT.test(line) || line.includes("#"))) {
    return { kind: "command", command: writeWhole(file, text), note };
  }
  const seds = lines.map((line) => {
    const name = /^[A-Z0-9_]+/.exec(line)?.[0] ?? "";
    return `sed -i 's/^${name} = .*/${line}/' ${file}`;
  });
  return { kind: "command", command: seds.join("\n"), note };
}

/** Another value of the same kind. */
function otherValue(name: string, value: string, skill: number, draw: Prng): string {
  if (value === "True") return "False";
  if (value === "False") return "True";
  if (/^[([]/.test(value)) {
    const inside = value.slice(1, -1).split(", ");
    const chosen = draw.below(inside.length);
    const others = inside.map((one, index) => (index === chosen ? otherValue("", one, skill, draw) : one));
    return `${value.charAt(0)}${others.join(", ")}${value.slice(-1)}`;
  }
  const number = Number(value);
  // Who understands little tries what cannot work, now and then.
  if (draw.chance(0.12 * (1 - skill) ** 2)) return draw.pick(["0", "-1"]);
  const isWhole = /^-?\d+$/.test(value);
  if (isWhole && (number === 0 || /^(?:WITH|USE)_/.test(name))) return number === 0 ? "1" : "0";
  const grows = draw.chance(EFFORT.test(name) ? 0.55 + 0.4 * skill : 0.5);
  const factor = draw.pick(EFFORT.test(name) ? [1.5, 2, 2, 3, 4] : [1.25, 1.5, 2, 2, 3]);
  const scaled = grows ? number * factor : number / factor;
  if (!isWhole) return String(Number(capped(number, scaled).toPrecision(3)));
  const whole = Math.max(1, Math.round(scaled));
  return String(whole === number ? number + 1 : whole);
}

/** A share stays one: what is between 0 and 1 goes half of the way to the end instead of beyond it. */
function capped(before: number, after: number): number {
  return before > 0 && before < 1 && after >= 1 ? (1 + before) / 2 : after;
}
