// A trajectory as JSON text, made piece by piece so that a long one never holds up the event loop.
import { setImmediate } from "node:timers/promises";
import { StoreError } from "../core/errors.ts";
import { pooledMessageSchema } from "../core/message.ts";
import { stepRecordSchema, type Trajectory, trajectorySchema } from "../core/trajectory.ts";

/** Text made between two turns of the event loop. */
const TURN_BYTES = 1_048_576;

/** The JSON text of a trajectory, checked against its schema on the way. Throws StoreError past `bytesMax`. */
export async function trajectoryJson(trajectory: Trajectory, bytesMax: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  let turnBytes = 0;
  for (const text of piecesOf(trajectory)) {
    const piece = Buffer.from(text);
    pieces.push(piece);
    bytes += piece.length;
    turnBytes += piece.length;
    if (bytes > bytesMax) {
      throw new StoreError(
        `the trajectory of rollout ${trajectory.key} is over the limit of ${bytesMax} bytes`,
      );
    }
    if (turnBytes > TURN_BYTES) {
      turnBytes = 0;
      await setImmediate();
    }
  }
  return Buffer.concat(pieces);
}

function* piecesOf(trajectory: Trajectory): Generator<string> {
  const { pool, steps, ...rest } = trajectorySchema.parse({ ...trajectory, pool: [], steps: [] });
  yield `${JSON.stringify(rest).slice(0, -1)},"pool":${JSON.stringify(pool).slice(0, -1)}`;
  for (const [index, message] of trajectory.pool.entries()) {
    yield `${index === 0 ? "" : ","}${JSON.stringify(pooledMessageSchema.parse(message))}`;
  }
  yield `],"steps":${JSON.stringify(steps).slice(0, -1)}`;
  for (const [index, step] of trajectory.steps.entries()) {
    yield `${index === 0 ? "" : ","}${JSON.stringify(stepRecordSchema.parse(step))}`;
  }
  yield "]}";
}
