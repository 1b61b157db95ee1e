// Plain data as a JSON column holds it: no absent members, keys in canonical order, so that equal values are equal bytes.
import { z } from "zod";
import { canonicalJson, type Json } from "../core/json.ts";

const jsonValue = z.custom<Json>((value) => value !== undefined);

/** Throws a TypeError on what JSON cannot carry. */
export function plainJson(value: unknown): Json {
  return jsonValue.parse(JSON.parse(canonicalJson(value)));
}
