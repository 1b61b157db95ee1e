// Holds every byte of a run that has a checksum against it: ledger, sealed rollouts, blobs, snapshots, steps under way, dataset. Says of each
// damage where it is, which rollout it touches, and what becomes of that. Writes nothing.
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { errorText, StoreError } from "../core/errors.ts";
import { sha256 } from "../core/hash.ts";
import type { LedgerEvent } from "../core/ledger.ts";
import { mendEvents } from "../core/mendEvents.ts";
import { outcomeText } from "../core/outcome.ts";
import type { RolloutState, RunState } from "../core/runState.ts";
import { MANIFEST_NAME, readManifest } from "../dataset/manifest.ts";
import { verifyFiles } from "../dataset/verifyFiles.ts";
import { archiveReader } from "../store/archive.ts";
import { blobReader } from "../store/blobs.ts";
import { fileErrorCode } from "../store/disk.ts";
import type { DamagedLine } from "../store/lines.ts";
import { type RunPaths, readRunJson, runPaths } from "../store/runJson.ts";
import { salvageLedger } from "../store/salvageLedger.ts";
import { readStepsLog } from "../store/stepsLog.ts";
import { plannedKeys } from "./mendRun.ts";
import { planOf } from "./plan.ts";
import { resolvedRun } from "./storedRun.ts";
import type { World } from "./world.ts";

/** One damage. */
export interface Damage {
  /** File, byte and what is wrong, in a sentence. */
  readonly what: string;
  /** The rollout that it touches; null where it touches none, or where the damage has taken its name, too. */
  readonly rolloutKey: string | null;
  /** What becomes of it, and what to do. */
  readonly means: string;
}

export interface VerifiedRun {
  readonly damages: readonly Damage[];
  readonly checked: { readonly records: number; readonly rollouts: number; readonly blobs: number };
}

/** Throws UserError where the directory holds no run. A run that is being played is read as far as it is whole. */
export async function verifyRun(world: World, directory: string): Promise<VerifiedRun> {
  const paths = runPaths(directory);
  const runJson = await readRunJson(paths);
  const { events, damaged } = await salvageLedger(paths.ledger);
  const { state } =
    damaged.length === 0 ? mendEvents(events, () => null) : await folded(world, paths, events, runJson);
  const blobs = await blobDamages(paths, state);
  const damages = [
    ...damaged.map((line) => ledgerDamage(paths, directory, line)),
    ...(await archiveDamages(paths, state, directory)),
    ...blobs.damages,
    ...(await stepsDamages(paths, state)),
    ...(await datasetDamages(paths, state, directory)),
  ];
  return { damages, checked: { records: events.length, rollouts: state.rollouts.size, blobs: blobs.count } };
}

async function folded(
  world: World,
  paths: RunPaths,
  events: readonly LedgerEvent[],
  runJson: Parameters<typeof resolvedRun>[0]["runJson"],
) {
  const plan = await planOf(world, resolvedRun({ paths, runJson }).pipeline);
  return mendEvents(events, plannedKeys(plan));
}

function ledgerDamage({ ledger }: RunPaths, directory: string, { line, offset, start }: DamagedLine): Damage {
  const kind = /"kind":"([a-z-]+)"/.exec(start)?.[1];
  return {
    what: `${ledger}: line ${line} (byte ${offset}) is damaged${kind === undefined ? "" : `, a record of ${kind}`}`,
    rolloutKey: /[0-9a-f]{64}/.exec(start)?.[0] ?? null,
    means: `the run cannot go on as it is; \`nightshift verify ${directory} --mend\` puts in what the other records and the archive know`,
  };
}

async function archiveDamages(
  paths: RunPaths,
  state: RunState,
  directory: string,
): Promise<readonly Damage[]> {
  const archive = archiveReader(paths.archive);
  const damages: Damage[] = [];
  for (const { key, archive: ref, outcome, facts } of state.rollouts.values()) {
    const what = ref === null ? null : await archive.damage(ref);
    if (what === null || outcome === null || facts === null) continue;
    damages.push({
      what,
      rolloutKey: key,
      means:
        `it had ended (${outcomeText(outcome)}) after ${facts.stepCount} steps for $${facts.chargedUsd.toFixed(4)}; a dataset that is written from now on ` +
        `is without it and counts it as lost; \`nightshift rerun ${directory} --where key=${key.slice(0, 16)}\` plays it again, which is paid for`,
    });
  }
  return damages;
}

/** Submissions, artefacts and snapshots, each by its name, which is its hash. */
async function blobDamages(paths: RunPaths, state: RunState) {
  const owners = new Map<string, RolloutState>();
  for (const rollout of state.rollouts.values()) {
    for (const id of submissionsOf(rollout)) owners.set(id, rollout);
  }
  const damages: Damage[] = [];
  const blobs = blobReader(paths.blobs);
  const names = await hashNames(paths.blobs);
  for (const name of new Set([...names, ...owners.keys()])) {
    const what = await damageOf(() => blobs.get(name));
    if (what === null) continue;
    const owner = owners.get(name);
    const means =
      owner === undefined
        ? "no score rests on it; whoever looks at that text or file finds it missing"
        : "the scores that it has stand; where one is still owed it stays owed, and judging it again is not possible";
    damages.push({ what, rolloutKey: owner?.key ?? null, means });
  }
  const snapshots = blobReader(paths.snapshots);
  for (const name of await hashNames(paths.snapshots)) {
    const what = await damageOf(() => snapshots.get(name));
    const means =
      "the rollout that goes on from it is carried out again from its starter files; no reply is bought again";
    if (what !== null) damages.push({ what, rolloutKey: null, means });
  }
  return { damages, count: names.length };
}

function submissionsOf({ facts }: RolloutState): readonly string[] {
  if (facts === null) return [];
  const best = facts.bestValidated?.submission;
  return [facts.finalSubmission ?? [], best ?? [], facts.validated ?? []].flat();
}

async function stepsDamages(paths: RunPaths, state: RunState): Promise<readonly Damage[]> {
  const what = await damageOf(() => readStepsLog(paths.steps, (key, retry) => state.isOpen(key, retry)));
  if (what === null) return [];
  const means = `it touches rollouts under way only (${state.underWay().length}); no ended one is affected`;
  return [{ what, rolloutKey: null, means }];
}

async function datasetDamages(
  paths: RunPaths,
  state: RunState,
  directory: string,
): Promise<readonly Damage[]> {
  if (state.manifestSha256 === null) return [];
  const again = `\`nightshift evaluate ${directory}\` writes it again; no rollout is touched`;
  const file = path.join(paths.dataset, MANIFEST_NAME);
  const text = await readFile(file).catch(() => null);
  if (text === null || sha256(text) !== state.manifestSha256) {
    const what = text === null ? "is missing" : "is not the one that was written last";
    return [{ what: `${file} ${what}`, rolloutKey: null, means: again }];
  }
  const what = await damageOf(async () =>
    verifyFiles({ dir: paths.dataset, manifest: await readManifest(paths.dataset) }),
  );
  return what === null ? [] : [{ what, rolloutKey: null, means: again }];
}

/** The sentence of a damaged file; null where reading went well. */
async function damageOf(read: () => Promise<unknown>): Promise<string | null> {
  try {
    await read();
    return null;
  } catch (error) {
    if (error instanceof StoreError) return errorText(error);
    throw error;
  }
}

async function hashNames(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && /^[0-9a-f]{64}$/.test(entry.name))
      .map(({ name }) => name);
  } catch (error) {
    if (fileErrorCode(error) === "ENOENT") return [];
    throw error;
  }
}
