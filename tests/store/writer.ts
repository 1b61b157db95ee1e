// Lives many small rollouts at once in the run directory it is given, and prints what the store has acknowledged, one line
// each, until it is killed. A line is printed only after the store's promise resolved: whatever stands there must survive.
import { sha256 } from "../../src/core/hash.ts";
import { prng } from "../../src/core/prng.ts";
import { fold } from "../../src/core/runState.ts";
import { openRun } from "../../src/store/runDirectory.ts";
import {
  admitted,
  called,
  ended,
  facts,
  replyReceived,
  retried,
  rolloutKeyOf,
  started,
  trajectory,
} from "./samples.ts";

const [directory = "", seed = "0"] = process.argv.slice(2);
const random = prng(Number(seed));
const run = await openRun(directory, { segmentBytesMax: 20_000 });
const state = fold(run.events);
const acknowledge = (...words: readonly (string | number)[]) => process.stdout.write(`${words.join(" ")}\n`);
acknowledge("opened", run.events.length);

async function live(key: string, seedIndex: number, retry: number, known: boolean): Promise<void> {
  if (!known) {
    await run.ledger.append(admitted(key, seedIndex));
    acknowledge("admitted", key);
  }
  await run.ledger.append(started(key, retry));
  const done = await run.stepsLog.records(key, retry);
  const stepCount = 1 + random.below(6);
  for (let index = done.length; index < stepCount; index++) {
    await run.ledger.append(called(key, retry, index));
    await run.stepsLog.append(replyReceived(key, index, retry));
    acknowledge("step", key, retry, index);
  }
  if (random.chance(0.15)) {
    await run.ledger.append(retried(key, retry));
    return live(key, seedIndex, retry + 1, true);
  }
  const blob = await run.blobs.put(Buffer.from(`submission of ${key}`));
  acknowledge("blob", blob);
  const archive = await run.archive.append(trajectory(key, stepCount));
  await run.ledger.append(ended(key, undefined, { retry, archive, facts: facts({ finalSubmission: blob }) }));
  acknowledge("ended", key, archive.segment, archive.offset, archive.length, sha256(`submission of ${key}`));
}

async function liveOn(first: number, stride: number): Promise<void> {
  for (let index = first; ; index += stride) {
    const key = rolloutKeyOf(index);
    const rollout = state.rollouts.get(key);
    if (rollout?.status === "ended") continue;
    await live(key, index, rollout?.retry ?? 0, rollout !== undefined);
  }
}

const WRITERS = 40;
await Promise.all(Array.from({ length: WRITERS }, (_, writer) => liveOn(writer, WRITERS)));
