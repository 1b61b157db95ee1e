// Members that a user adds to request bodies: checked once, and always written in the same order.
import { UserError } from "../core/errors.ts";
import { canonicalJson } from "../core/json.ts";

/**
 * A function that writes a body: its own members in their order, then the extra ones sorted by key. What the body itself has
 * wins. `reserved` are keys that may not be added, each with what to do instead. Throws UserError for one of those, or for what
 * is no JSON.
 */
export function bodyWriter(
  extraBody: Readonly<Record<string, unknown>>,
  reserved: Readonly<Record<string, string>>,
): (own: Readonly<Record<string, unknown>>) => string {
  const extras = Object.entries(extraBody)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => [key, `${JSON.stringify(key)}:${extraJson(key, value, reserved)}`] as const);
  return (own) => {
    const more = extras.filter(([key]) => !Object.hasOwn(own, key)).map(([, text]) => `,${text}`);
    return `${JSON.stringify(own).slice(0, -1)}${more.join("")}}`;
  };
}

function extraJson(key: string, value: unknown, reserved: Readonly<Record<string, string>>): string {
  const instead = Object.hasOwn(reserved, key) ? reserved[key] : undefined;
  if (instead !== undefined) throw new UserError(`extraBody may not hold "${key}": ${instead}`);
  try {
    return canonicalJson(value);
  } catch (error) {
    throw new UserError(`extraBody.${key} is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}
