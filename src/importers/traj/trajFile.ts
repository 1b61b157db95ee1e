// Reads one .traj file of MLGym's: JSON with the steps, the history of messages and what was said of the run. It knows the
// format and nothing of our tables. Python writes NaN and Infinity into JSON; they become null here and are counted.
import { z } from "zod";
import { UserError } from "../../core/errors.ts";

/** The value of `environment` in MLGym's files; SWE-agent's files look alike and have another. */
const ENVIRONMENT = "mlgym_main";
/** Eight times the largest that was published; it fits the heap that an import is given. */
export const TRAJ_BYTES_MAX = 32 * 1024 * 1024;
/** Characters of a parser's complaint that are repeated. */
const COMPLAINT_CHARS_MAX = 160;

const textOrNull = z
  .string()
  .nullish()
  .transform((value) => value ?? null);
const numberOrNull = z
  .number()
  .nullish()
  .transform((value) => value ?? null);

const stepSchema = z.object({
  action: z
    .string()
    .nullish()
    .transform((value) => value ?? ""),
  observation: textOrNull,
  response: textOrNull,
  thought: textOrNull,
  state: textOrNull,
  execution_time: numberOrNull,
});
export type TrajStep = z.infer<typeof stepSchema>;

const historyItemSchema = z.object({
  role: z.enum(["system", "user", "assistant"]),
  content: z
    .string()
    .nullish()
    .transform((value) => value ?? ""),
  agent: textOrNull,
  is_demo: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
});
export type TrajHistoryItem = z.infer<typeof historyItemSchema>;

/** One score as MLGym keeps it: metric to number. */
export const metricsSchema = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]).nullable());
export type Metrics = z.infer<typeof metricsSchema>;

const infoSchema = z.object({
  exit_status: textOrNull,
  submission: textOrNull,
  score: z
    .array(metricsSchema)
    .nullish()
    .transform((value) => value ?? []),
  model_stats: z
    .record(z.string(), z.number().nullable())
    .nullish()
    .transform((value) => value ?? {}),
});

const trajSchema = z.object({
  environment: z.string(),
  trajectory: z.array(stepSchema),
  history: z.array(historyItemSchema),
  info: infoSchema,
});

export type Traj = z.infer<typeof trajSchema> & {
  /** Numbers that JSON cannot hold (NaN, Infinity), which are null here. */
  readonly notFinite: number;
  /** Names of members that this reader does not know, as `info.x`. */
  readonly unread: readonly string[];
};

/** The file's content, checked. Throws a UserError whose message fits after the file's name. */
export function parseTraj(text: string): Traj {
  const { value, notFinite } = parsePythonJson(text);
  const environment = z.object({ environment: z.string() }).safeParse(value);
  if (environment.success && environment.data.environment !== ENVIRONMENT) {
    const named = JSON.stringify(environment.data.environment);
    throw new UserError(
      `is a trajectory of ${named.slice(0, COMPLAINT_CHARS_MAX)}, not of MLGym (${ENVIRONMENT})`,
    );
  }
  const parsed = trajSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const place = issue === undefined || issue.path.length === 0 ? "the whole" : issue.path.join(".");
    throw new UserError(`is no trajectory of MLGym's: ${place}: ${issue?.message ?? "does not fit"}`);
  }
  return { ...parsed.data, notFinite, unread: unreadMembers(value) };
}

/** JSON as Python's `json` writes it. Throws a UserError on what is neither. */
export function parsePythonJson(text: string): { readonly value: unknown; readonly notFinite: number } {
  try {
    return { value: JSON.parse(text), notFinite: 0 };
  } catch (error) {
    const { plain, notFinite } = withoutPythonNumbers(text);
    if (notFinite > 0) {
      try {
        return { value: JSON.parse(plain), notFinite };
      } catch {
        // The complaint about the text as it is says more.
      }
    }
    const complaint = error instanceof Error ? error.message : String(error);
    throw new UserError(`is not JSON: ${complaint.replaceAll(/\s+/g, " ").slice(0, COMPLAINT_CHARS_MAX)}`);
  }
}

/** The text with each bare NaN, Infinity and -Infinity as null; what stands in strings stays. */
function withoutPythonNumbers(text: string): { plain: string; notFinite: number } {
  let notFinite = 0;
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const open = text.indexOf('"', at);
    const until = open < 0 ? text.length : open;
    const between = text.slice(at, until).replaceAll(/-?\b(?:NaN|Infinity)\b/g, () => {
      notFinite++;
      return "null";
    });
    at = open < 0 ? text.length : endOfString(text, open);
    pieces.push(between, text.slice(until, at));
  }
  return { plain: pieces.join(""), notFinite };
}

/** Position after the string that begins at `open`; a regular expression over one of many megabytes would run out of stack. */
function endOfString(text: string, open: number): number {
  for (let quote = text.indexOf('"', open + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let first = quote;
    while (text.charAt(first - 1) === "\\") first--;
    if ((quote - first) % 2 === 0) return quote + 1;
  }
  return text.length;
}

const KNOWN = {
  "": ["environment", "trajectory", "history", "info"],
  info: ["exit_status", "submission", "score", "model_stats", "summarizer"],
  trajectory: ["action", "observation", "response", "thought", "state", "execution_time"],
  history: ["role", "content", "agent", "is_demo", "thought", "action"],
} as const;

const members = z.record(z.string(), z.unknown());

/** What a newer MLGym writes beside what is read here; named, so that nothing is lost in silence. */
function unreadMembers(value: unknown): string[] {
  const whole = members.parse(value);
  const found = new Set<string>();
  const look = (at: keyof typeof KNOWN, holder: unknown) => {
    const known: readonly string[] = KNOWN[at];
    for (const name of Object.keys(members.parse(holder))) {
      if (!known.includes(name)) found.add(at === "" ? name : `${at}.${name}`);
    }
  };
  look("", whole);
  look("info", whole["info"]);
  for (const part of ["trajectory", "history"] as const) {
    for (const item of z.array(z.unknown()).parse(whole[part])) look(part, item);
  }
  return [...found].sort();
}
