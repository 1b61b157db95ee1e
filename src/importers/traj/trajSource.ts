// Where a .traj file comes from, and the id of its trajectory: its bytes and the names that speak, not where the folder lies.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import path from "node:path";
import { UserError } from "../../core/errors.ts";
import { hashOf } from "../../core/hash.ts";
import { taskNamedBy } from "../mlgymMetrics.ts";
import { parseRunFolder, type RunFolder } from "./runFolder.ts";
import { TRAJ_BYTES_MAX } from "./trajFile.ts";

export interface TrajSource {
  /** Absolute path. */
  readonly path: string;
  readonly file: string;
  /** Null where the folder's name is not that of a run. */
  readonly folder: RunFolder | null;
  /** MLGym's id of the task. */
  readonly taskId: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The trajectory's id. */
  readonly id: string;
}

/** Reads the file once, as a stream. Throws a UserError for one that is too large. */
export async function trajSource(file: string): Promise<TrajSource> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(file)) {
    hash.update(chunk);
    bytes += chunk.length;
    if (bytes > TRAJ_BYTES_MAX) throw new UserError(`is larger than ${TRAJ_BYTES_MAX} bytes`);
  }
  const name = path.basename(file);
  const folder = parseRunFolder(path.basename(path.dirname(file)));
  const sha256 = hash.digest("hex");
  return {
    path: file,
    file: name,
    folder,
    taskId: folder?.taskId ?? taskNamedBy(path.basename(name, ".traj")),
    bytes,
    sha256,
    id: hashOf("mlgym-trajectory", { folder: folder?.name ?? null, file: name, sha256 }),
  };
}
