// Writes a value as YAML that a person will read, for files that are made once and then belong to them.
import { stringify } from "yaml";

const LINE_WIDTH = 120;

/** YAML of plain values: long texts are folded, keys stand in their order. */
export function yamlText(value: unknown): string {
  return stringify(value, { lineWidth: LINE_WIDTH });
}
