// A server's reply without the keys that it repeats. Where one was taken out, the lists of tokens go too: they would spell it.
import { z } from "zod";

const TOKEN_LISTS = /^(?:.*_)?(?:logprobs|token_ids|tokens)$/;
const jsonSchema = z.json();
type Json = z.infer<typeof jsonSchema>;

/** The body itself where there is nothing to take out. What is no JSON is redacted as text. */
export function withoutSecrets(body: string, redact: (text: string) => string): string {
  const clean = redact(body);
  if (clean === body) return body;
  try {
    return redact(JSON.stringify(withoutTokens(jsonSchema.parse(JSON.parse(clean)))));
  } catch {
    return clean;
  }
}

function withoutTokens(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutTokens);
  if (typeof value !== "object" || value === null) return value;
  // Counts of tokens are numbers, and stay.
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      typeof member === "object" && TOKEN_LISTS.test(name) ? null : withoutTokens(member),
    ]),
  );
}
