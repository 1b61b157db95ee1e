// What can still be read of a ledger that is damaged, and how a mended one takes its place. The damaged file is kept beside it.
import { access, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { UserError } from "../core/errors.ts";
import { type LedgerEvent, ledgerEventSchema } from "../core/ledger.ts";
import { syncFolder } from "./disk.ts";
import { type DamagedLine, encodeLine, parseLine, salvageLines } from "./lines.ts";

export interface SalvagedLedger {
  readonly events: readonly LedgerEvent[];
  readonly damaged: readonly DamagedLine[];
}

/** Reads every whole record. A torn last one is left out, as ever. */
export async function salvageLedger(path: string): Promise<SalvagedLedger> {
  const events: LedgerEvent[] = [];
  const damaged: DamagedLine[] = [];
  await salvageLines(
    path,
    (text, offset) => events.push(parseLine(path, offset, text, ledgerEventSchema)),
    (line) => damaged.push(line),
  );
  return { events, damaged };
}

/**
 * Puts a ledger with these events in place of a damaged one, which is kept as `<path>.damaged`. Contract: nobody has it open. Throws
 * UserError where an earlier damaged one is kept there.
 */
export async function replaceLedger(path: string, events: readonly LedgerEvent[]): Promise<string> {
  const kept = `${path}.damaged`;
  const draft = `${path}.mended`;
  const isTaken = await access(kept).then(
    () => true,
    () => false,
  );
  if (isTaken) throw new UserError(`${kept} is there already, from an earlier mending; move it away first`);
  await rm(draft, { force: true });
  {
    await using file = await open(draft, "wx", 0o644);
    for (const event of events) await file.write(encodeLine(event));
    await file.datasync();
  }
  await rename(path, kept);
  await rename(draft, path);
  await syncFolder(dirname(path));
  return kept;
}
