// Which keys a schema knows at a place of a value: what an unknown key may have been meant to be. It checks nothing.
import { z } from "zod";

/** Wrappers around wrappers that are looked through; schemas are written by us, so this is only against a cycle. */
const WRAPPERS_MAX = 20;

/** The keys of the mapping at `path` in `value`, by its schema; of a union, those of the kind that the value says it is. */
export function knownKeysAt(
  schema: z.core.$ZodType,
  value: unknown,
  path: readonly PropertyKey[],
): readonly string[] {
  let candidates = alternatives(schema, value);
  let here = value;
  for (const part of path) {
    here = memberOf(here, part);
    const inner = here;
    candidates = candidates.flatMap((candidate) =>
      childrenOf(candidate, part).flatMap((child) => alternatives(child, inner)),
    );
  }
  const keys = candidates.flatMap((candidate) =>
    candidate instanceof z.ZodObject ? Object.keys(candidate.shape) : [],
  );
  return [...new Set(keys)];
}

/** What stands at `path` in a value; undefined where nothing does. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce(memberOf, value);
}

function memberOf(value: unknown, part: PropertyKey): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
  const member: unknown = Reflect.get(value, part);
  return member;
}

/** The schemas that a value may be meant for, without wrappers and unions. */
function alternatives(schema: z.core.$ZodType, value: unknown): readonly z.core.$ZodType[] {
  let inner = schema;
  for (let depth = 0; depth < WRAPPERS_MAX; depth++) {
    if (
      inner instanceof z.ZodOptional ||
      inner instanceof z.ZodNullable ||
      inner instanceof z.ZodDefault ||
      inner instanceof z.ZodReadonly
    ) {
      inner = inner.unwrap();
    } else if (inner instanceof z.ZodPipe) {
      inner = inner.in;
    } else break;
  }
  if (!(inner instanceof z.ZodUnion)) return [inner];
  const options: readonly z.core.$ZodType[] = inner.options;
  const named =
    inner instanceof z.ZodDiscriminatedUnion
      ? options.filter((option) => isOfKind(option, inner.def.discriminator, value))
      : [];
  return (named.length > 0 ? named : options).flatMap((option) => alternatives(option, value));
}

function isOfKind(option: z.core.$ZodType, discriminator: string, value: unknown): boolean {
  if (!(option instanceof z.ZodObject)) return false;
  const field = option.shape[discriminator];
  return field !== undefined && z.safeParse(field, memberOf(value, discriminator)).success;
}

function childrenOf(schema: z.core.$ZodType, part: PropertyKey): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodObject) {
    const child = typeof part === "string" ? schema.shape[part] : undefined;
    return child === undefined ? [] : [child];
  }
  if (schema instanceof z.ZodArray) return [schema.element];
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  return [];
}
