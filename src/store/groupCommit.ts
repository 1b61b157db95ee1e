// An append-only file with group commit: many writers, one write and one fdatasync for all that came meanwhile.
// It knows nothing of what a record is; whoever opens it says how many leading bytes are whole.
import { errorText, StoreError } from "../core/errors.ts";
import { type Disk, type DiskFile, realDisk } from "./disk.ts";

export interface CommitLimits {
  /** Encoded bytes that may wait for the next batch. Records past it are encoded only once there is room: back-pressure. */
  readonly pendingBytesMax: number;
  /** Longest single record; a longer one is refused and the file stays good. */
  readonly recordBytesMax: number;
}

export const DEFAULT_COMMIT_LIMITS: CommitLimits = {
  pendingBytesMax: 32 * 1_048_576,
  recordBytesMax: 256 * 1_048_576,
};

export interface CommitFile {
  readonly path: string;
  /** Bytes accepted so far: where the next record will begin. */
  readonly bytes: number;
  /** False once a write failed: nothing can be appended any more. */
  readonly good: boolean;
  /**
   * Resolves with the record's offset when it is durable; records lie in the order of the calls.
   * Contract: do not change what `encode` reads until then. Rejects with StoreError, also for every record that waits
   * with it, once the disk has failed: the file then takes nothing more, so no record ever follows a torn one.
   */
  append(encode: () => Uint8Array): Promise<number>;
  /** Waits for all that was appended, then closes. Appending afterwards rejects. */
  close(): Promise<void>;
}

export interface CommitFileOptions {
  /** Leading bytes that are whole; what lies behind them is cut off before the first write. */
  readonly keepBytes: number;
  readonly limits?: CommitLimits;
  readonly disk?: Disk;
}

interface Waiter {
  readonly encode: () => Uint8Array;
  readonly resolve: (offset: number) => void;
  readonly reject: (error: Error) => void;
}
interface Pending {
  readonly data: Uint8Array;
  readonly offset: number;
  readonly waiter: Waiter;
}

/** Opens (or creates) the file with its first batch, so that the call itself never waits. */
export function openCommitFile(path: string, options: CommitFileOptions): CommitFile {
  const { keepBytes, limits = DEFAULT_COMMIT_LIMITS, disk = realDisk } = options;
  let accepted = keepBytes;
  let durable = keepBytes;
  let waiting: Waiter[] = [];
  let pending: Pending[] = [];
  let pendingBytes = 0;
  let failure: StoreError | null = null;
  let closed = false;
  let file: DiskFile | null = null;
  /** Runs out a moment after each batch. An idle file is written at once; a busy one gathers records meanwhile. */
  let resting: Promise<void> | null = null;
  /** The loop that writes batches, while there is one. */
  let writing: Promise<void> | null = null;

  const acceptWaiting = () => {
    let taken = 0;
    for (const waiter of waiting) {
      if (pendingBytes >= limits.pendingBytesMax) break;
      taken += 1;
      try {
        const data = waiter.encode();
        if (data.byteLength > limits.recordBytesMax) {
          throw new StoreError(
            `${path}: a record of ${data.byteLength} bytes is over the limit of ${limits.recordBytesMax}`,
          );
        }
        pending.push({ data, offset: accepted, waiter });
        accepted += data.byteLength;
        pendingBytes += data.byteLength;
      } catch (error) {
        waiter.reject(error instanceof Error ? error : new StoreError(errorText(error)));
      }
    }
    // Copied only when something was taken: a long queue must not be walked for each record that joins it.
    if (taken > 0) waiting = waiting.slice(taken);
  };

  const openFile = async (): Promise<DiskFile> => {
    const opened = await disk.open(path);
    try {
      const size = await opened.size();
      if (size < keepBytes) throw new Error(`it has ${size} bytes where ${keepBytes} were expected`);
      if (size > keepBytes) {
        await opened.truncate(keepBytes);
        await opened.datasync();
      }
    } catch (error) {
      await opened.close();
      throw error;
    }
    return opened;
  };

  const writeBatch = async (batch: readonly Pending[]) => {
    file ??= await openFile();
    const [first] = batch;
    const data =
      batch.length === 1 && first !== undefined ? first.data : Buffer.concat(batch.map((one) => one.data));
    for (let written = 0; written < data.byteLength; ) {
      const count = await file.write(data.subarray(written), durable + written);
      if (count <= 0) throw new Error("the disk took no bytes");
      written += count;
    }
    await file.datasync();
    durable += data.byteLength;
  };

  const poison = async (batch: readonly Pending[], error: unknown) => {
    failure = new StoreError(
      `${path} could not be written: ${errorText(error)}. The ${durable} bytes before are whole and nothing is appended ` +
        "after a failed write: mend the cause (disk space, disk) and resume the run",
      { cause: error },
    );
    // Bytes that never became durable must not look like records later on. Where even this fails, opening finds them torn.
    await file?.truncate(durable).catch(() => undefined);
    const lost = [...batch.map((one) => one.waiter), ...pending.map((one) => one.waiter), ...waiting];
    pending = [];
    waiting = [];
    pendingBytes = 0;
    for (const waiter of lost) waiter.reject(failure);
  };

  const writeAll = async () => {
    // One turn of the microtask queue: writers that were woken together share the batch.
    await null;
    while (pending.length > 0) {
      if (resting !== null) await resting;
      const batch = pending;
      pending = [];
      pendingBytes = 0;
      acceptWaiting();
      try {
        await writeBatch(batch);
      } catch (error) {
        await poison(batch, error);
        return;
      }
      for (const one of batch) one.waiter.resolve(one.offset);
      const rest: Promise<void> | null = disk.rest?.() ?? null;
      resting = rest;
      rest?.then(() => {
        if (resting === rest) resting = null;
      });
    }
  };

  const startWriting = () => {
    writing ??= writeAll().finally(() => {
      writing = null;
      if (pending.length > 0) startWriting();
    });
  };

  return {
    path,
    get bytes() {
      return accepted;
    },
    get good() {
      return failure === null;
    },
    append(encode) {
      if (failure !== null) return Promise.reject(failure);
      if (closed) return Promise.reject(new StoreError(`${path} is closed: nothing can be appended`));
      return new Promise((resolve, reject) => {
        waiting.push({ encode, resolve, reject });
        acceptWaiting();
        if (pending.length > 0) startWriting();
      });
    },
    async close() {
      closed = true;
      while (writing !== null) await writing;
      const opened = file;
      file = null;
      await opened?.close();
    },
  };
}
