// What must not leave the house is found before anything does: rows that terms or nobody's leave hold back, rows with a suspected secret, and
// secrets in any text.
import { createReadStream } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { UserError } from "../core/errors.ts";
import { suspectedSecrets } from "../core/secretShapes.ts";
import type { Secrets } from "../core/secrets.ts";
import { type Allowance, manifestSchema } from "../dataset/manifest.ts";
import { readRows, readTable } from "../dataset/readTable.ts";
import { trajectoriesTable } from "../dataset/schema.ts";
import { refuseUnlessAllowed } from "../export/allowed.ts";
import { exportReportSchema } from "../export/exportReport.ts";
import type { PushFolder } from "./pushFolder.ts";

/** Characters that are looked at in one go. */
const PIECE_CHARS = 3_000_000;
/** Pieces of a longer text overlap by so much, so that no secret is cut. */
const OVERLAP_CHARS = 10_000;
const SUSPICION = "secret:suspected";

/** Throws a UserError that names the first file and row that may not leave. */
export async function screenFolder(
  folder: PushFolder,
  allow: readonly Allowance[],
  secrets: Secrets,
  signal: AbortSignal,
): Promise<void> {
  await screenTerms(folder, allow, signal);
  for (const { path: file } of folder.files) {
    let row = 0;
    for await (const text of textsOf(path.join(folder.dir, file))) {
      signal.throwIfAborted();
      refuseSecrets(text, `${file}, row ${row}`, secrets);
      row++;
    }
  }
}

async function screenTerms(
  folder: PushFolder,
  allow: readonly Allowance[],
  signal: AbortSignal,
): Promise<void> {
  if (folder.listName === "export_report.json") {
    const report = exportReportSchema.parse(folder.list);
    const rows = {
      scripted: report.scriptedRows,
      replay: report.replayedRows,
      benchmark: report.benchmarkRows,
    };
    for (const kind of ["scripted", "replay", "benchmark"] as const) {
      if (rows[kind] > 0 && !allow.includes(kind)) {
        throw new UserError(
          `${folder.dir} holds ${rows[kind]} ${kind} rows; they are pushed only with --allow ${kind}`,
        );
      }
    }
    if (report.allow.includes("notTrainable") && !allow.includes("notTrainable")) {
      throw new UserError(
        `${folder.dir} was exported with --allow notTrainable; it is pushed only with the same`,
      );
    }
    return;
  }
  for (const file of manifestSchema.parse(folder.list).files) {
    if (file.table !== trajectoriesTable.name) continue;
    for await (const row of readTable(path.join(folder.dir, file.path), trajectoriesTable)) {
      signal.throwIfAborted();
      refuseUnlessAllowed(row, allow);
      if (row.flags.includes(SUSPICION)) {
        throw new UserError(
          `rollout ${row.trajectory_id} has the signal ${SUSPICION}, and such rows never leave; push an export, which holds kept rows only`,
        );
      }
    }
  }
}

/** The strings of a row of Parquet, or a line of text. */
async function* textsOf(file: string): AsyncGenerator<string> {
  if (file.endsWith(".parquet")) {
    for await (const row of readRows(file)) yield [...stringsIn(row)].join("\n");
    return;
  }
  const lines = createInterface({
    input: createReadStream(file, "utf8"),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  for await (const line of lines)
    yield file.endsWith(".jsonl") ? [...stringsIn(JSON.parse(line))].join("\n") : line;
}

function* stringsIn(value: unknown): Generator<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      if (!Array.isArray(value)) yield key;
      yield* stringsIn(member);
    }
  }
}

function refuseSecrets(text: string, place: string, secrets: Secrets): void {
  const known = secrets.foundIn(Buffer.from(text));
  if (known !== null)
    throw new UserError(`${place} holds the secret ${known} of this machine; nothing was sent`);
  for (let from = 0; from < text.length; from += PIECE_CHARS) {
    const [found] = suspectedSecrets(text.slice(from, from + PIECE_CHARS + OVERLAP_CHARS));
    if (found !== undefined) {
      throw new UserError(
        `${place} holds what looks like a secret (${found.evidence}); nothing was sent: leave the row out with --where`,
      );
    }
  }
}
