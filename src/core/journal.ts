// The other two of the three files: the write-ahead steps log and the archive. The ledger's interface stands in ledger.ts.
import type { ArchiveRef } from "./ledger.ts";
import type { StepsLogRecord, Trajectory } from "./trajectory.ts";

export interface StepsLog {
  /** Resolves when the record is durable. A reply is durable before its action starts, its observation before the next call. */
  append(record: StepsLogRecord): Promise<void>;
}

export interface Archive {
  /** Seals one finished rollout; resolves when it is durable. */
  append(trajectory: Trajectory): Promise<ArchiveRef>;
  read(ref: ArchiveRef): Promise<Trajectory>;
}
