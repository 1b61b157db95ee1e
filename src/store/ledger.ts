// The ledger file of a run: what is done, owed and spent, as checked lines. Folding it is core's business.
import { StoreError } from "../core/errors.ts";
import { type Ledger, type LedgerEvent, ledgerEventSchema } from "../core/ledger.ts";
import type { Disk } from "./disk.ts";
import { openCommitFile } from "./groupCommit.ts";
import { encodeLine, parseLine, scanLines } from "./lines.ts";

export interface LedgerContents {
  readonly events: readonly LedgerEvent[];
  /** Bytes of a torn last record that were left out; 0 when there is none. */
  readonly tornBytes: number;
}

export interface OpenLedger extends LedgerContents {
  readonly ledger: Ledger;
  close(): Promise<void>;
}

/**
 * Opens a ledger for writing, made where it is missing, and reads it back. Contract: one writer at a time (lock.ts).
 * Throws StoreError on damage before the end; a torn last record is cut off and owed again.
 */
export async function openLedger(path: string, options: { readonly disk?: Disk } = {}): Promise<OpenLedger> {
  const { events, tornBytes, goodBytes } = await read(path);
  const file = openCommitFile(path, {
    keepBytes: goodBytes,
    ...(options.disk === undefined ? {} : { disk: options.disk }),
  });
  return {
    events,
    tornBytes,
    ledger: {
      append: async (event) => {
        // Checked on the way in too: a NaN would be written as null and make the ledger unreadable for ever.
        const line = encodeLine(ledgerEventSchema.parse(event));
        await file.append(() => line);
      },
    },
    close: () => file.close(),
  };
}

/** Reads a ledger without ever writing, also while another process appends to it. Throws StoreError on damage. */
export async function readLedger(path: string): Promise<LedgerContents> {
  const { events, tornBytes } = await read(path).catch((error: unknown) => {
    // A writer that resumes cuts a torn tail off and writes on there; a reader half-way sees the seam. Not a second time.
    if (error instanceof StoreError) return read(path);
    throw error;
  });
  return { events, tornBytes };
}

async function read(path: string): Promise<LedgerContents & { readonly goodBytes: number }> {
  const events: LedgerEvent[] = [];
  const { goodBytes, tornBytes } = await scanLines(path, (text, offset) => {
    events.push(parseLine(path, offset, text, ledgerEventSchema));
  });
  return { events, tornBytes, goodBytes };
}
