// Canonical JSON: the one text form that hashes are taken over. It knows nothing of what is hashed.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Serialises a value with object keys sorted by code unit, no white space, and absent (undefined) members left out.
 * Throws a TypeError on what JSON cannot carry faithfully: NaN, infinities, functions, symbols, bigints.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`canonical JSON cannot carry the number ${value}`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    let items = "";
    for (let index = 0; index < value.length; index++) {
      items += `${index === 0 ? "" : ","}${canonicalJson(value[index])}`;
    }
    return `[${items}]`;
  }
  if (typeof value === "object") {
    let members = "";
    // The order of strings without a comparison is that of their code units.
    for (const key of Object.keys(value).sort()) {
      const member: unknown = Reflect.get(value, key);
      if (member === undefined) continue;
      members += `${members === "" ? "" : ","}${JSON.stringify(key)}:${canonicalJson(member)}`;
    }
    return `{${members}}`;
  }
  throw new TypeError(`canonical JSON cannot carry a ${typeof value}`);
}

/** Whether a value is made of what JSON can carry, nested at most `depth` deep. */
export function isJsonWithin(value: unknown, depth: number): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((member) => isJsonWithin(member, depth - 1));
}
