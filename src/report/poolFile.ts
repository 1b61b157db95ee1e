// The pool: published scores that measured models are set beside. A file of numbers, frozen by the hash in its name.
import { z } from "zod";
import { UserError } from "../core/errors.ts";
import { sha256 } from "../core/hash.ts";

/** Hex digits of the file's SHA-256 that its name holds. */
const NAME_DIGITS = 12;

/** The two scores of a set of attempts: the best of all that were ever scored, and the best of what each attempt ended with. */
export const VARIANTS = ["best", "last"] as const;
export type Variant = (typeof VARIANTS)[number];

const column = z.array(z.number().nullable());

const poolSchema = z
  .strictObject({
    version: z.literal(1),
    name: z.string(),
    source: z.string(),
    citation: z.string(),
    /** Attempts behind each score. */
    attempts: z.int().positive(),
    notes: z.array(z.string()),
    /** Who was measured; the baseline is one of them. */
    methods: z.array(z.string()).min(1),
    /** One score for each method, in their order; null: none was published. */
    tasks: z.array(
      z.strictObject({
        /** The task's id where it was published. */
        id: z.string(),
        title: z.string(),
        metric: z.string(),
        direction: z.enum(["maximize", "minimize"]),
        best: column,
        last: column,
      }),
    ),
    /** Published scores that are known to be wrong, and what stands in their place. */
    replaced: z.array(
      z.strictObject({
        task: z.string(),
        method: z.string(),
        variant: z.enum(VARIANTS),
        published: z.number(),
        used: z.number(),
        why: z.string(),
      }),
    ),
    publishedAup: z.strictObject({ best: z.array(z.number()), last: z.array(z.number()) }),
  })
  .refine(
    ({ methods, tasks, publishedAup }) =>
      [publishedAup, ...tasks].every((row) =>
        VARIANTS.every((variant) => row[variant].length === methods.length),
      ),
    "a column does not have one entry for each method",
  );
export type PoolFile = z.infer<typeof poolSchema>;

/** A pool file with the name that it is cited by. */
export type Pool = PoolFile & { readonly id: string };

/** The method whose scores are those of the starter files. */
export const BASELINE = "baseline";

/**
 * Reads a pool file, whose name is `<name>.<first 12 hex digits of the SHA-256 of its bytes>.json`. Throws UserError where name and
 * content do not belong together: a frozen file has been changed.
 */
export function parsePool(fileName: string, text: string): Pool {
  const hash = sha256(text).slice(0, NAME_DIGITS);
  if (!fileName.endsWith(`.${hash}.json`)) {
    throw new UserError(
      `the pool file ${fileName} does not hold what its name says (its SHA-256 begins with ${hash}); a frozen pool is not edited: give other numbers another name`,
    );
  }
  return { ...poolSchema.parse(JSON.parse(text)), id: fileName.replace(/\.json$/, "") };
}

/** One task's published scores, ready to be compared. */
export interface PoolRow {
  readonly taskId: string;
  readonly title: string;
  readonly direction: "maximize" | "minimize";
  /** Of the starter files. */
  readonly baseline: number;
  /** By method, the baseline among them; null: no score. */
  readonly scores: ReadonlyMap<string, number | null>;
}

/** The rows of one variant; `cells: asPublished` keeps even the scores that are known to be wrong. */
export function poolRows(
  pool: PoolFile,
  variant: Variant,
  cells: "asPublished" | "corrected",
): readonly PoolRow[] {
  return pool.tasks.map((task) => {
    const scores = new Map(pool.methods.map((method, at) => [method, task[variant][at] ?? null]));
    if (cells === "corrected") {
      for (const { method, used } of pool.replaced.filter(
        (cell) => cell.task === task.id && cell.variant === variant,
      ))
        scores.set(method, used);
    }
    const baseline = scores.get(BASELINE);
    if (baseline === undefined || baseline === null) {
      throw new RangeError(`the pool has no baseline for ${task.id}`);
    }
    return { taskId: task.id, title: task.title, direction: task.direction, baseline, scores };
  });
}
