// Where an export's rows go, behind one interface: a recipe says only which form its reader wants.
import type { PlainRow } from "../dataset/cells.ts";
import type { ManifestFile } from "../dataset/manifest.ts";
import type { Split } from "../dataset/splitOf.ts";

export interface Sink {
  /** Contract: each call is awaited before the next. */
  add(split: Split, row: PlainRow): Promise<void>;
  /** Writes what is left; every file is on the disk when it resolves. Without any row there is one file without rows, or none. */
  close(): Promise<SinkResult>;
}

export interface SinkResult {
  readonly files: readonly ManifestFile[];
  readonly rows: number;
  /** Over the rows, whatever holds them. */
  readonly tableHash: string;
}
