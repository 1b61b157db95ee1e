// An endpoint that answers as another model under the same name: the run pauses (or goes on, where it was told to), steps are labelled with
// what served them, and a row of two models is flagged.
import { describe, expect, it } from "vitest";
import { openDataset } from "../../src/dataset/openDataset.ts";
import { badDay, dayOf, twice } from "./badDay.ts";
import { endpointDouble } from "./endpointDouble.ts";

const signal = new AbortController().signal;

async function rowsOf(directory: string) {
  const dataset = await openDataset(directory);
  const trajectories: { flags: readonly string[] }[] = [];
  const served = new Set<string | null>();
  for (const split of dataset.splits) {
    for await (const row of dataset.trajectories(split)) trajectories.push(row);
    for await (const row of dataset.steps(split)) served.add(row.served_model);
  }
  return { trajectories, served };
}

describe("an endpoint that changes its model under the name", () => {
  it("pauses the run, keeps what was paid for, and is accepted by resuming; rows of two models are flagged", async () => {
    await using double = await endpointDouble();
    await using day = await badDay(dayOf([double.baseUrl]));
    const run = await day.open();
    double.mood((_, nth) => {
      if (nth === 7) double.servedAs("double-2");
      return null;
    });
    expect(await run.play(signal)).toBe("paused");
    expect(run.pauseReason).toContain(
      `endpoint "${double.host}" answers as "double-2", where it answered as "double-1" before`,
    );
    expect(run.progress().books).toMatchObject({ admitted: 3, failed: {} });
    await run.close();
    const atPause = await day.ledger();
    expect(atPause("run-paused")).toMatchObject([{ cause: "modelChanged" }]);
    expect(atPause("model-served").map(({ servedModel }) => servedModel)).toEqual(["double-1", "double-2"]);

    const resumed = await day.open();
    expect(await resumed.play(signal)).toBe("played");
    expect(resumed.progress().books).toMatchObject({ admitted: 3, failed: {}, owed: 0 });
    await resumed.writeDataset(signal);
    const { datasetDirectory } = resumed;
    await resumed.close();
    expect(twice(double.sold)).toEqual([]);
    const { trajectories, served } = await rowsOf(datasetDirectory);
    expect([...served].sort()).toEqual(["double-1", "double-2"]);
    expect(trajectories.filter(({ flags }) => flags.includes("model:changed")).length).toBeGreaterThan(0);
  });

  it("goes on where the pipeline says so, with the flag; a mark of the backend alone never pauses", async () => {
    await using double = await endpointDouble();
    double.servedAs("double-1", "fp_a");
    await using day = await badDay(dayOf([double.baseUrl], { more: "endpoints: { onModelChange: flag }" }));
    const run = await day.open();
    double.mood((_, nth) => {
      if (nth === 4) double.servedAs("double-1", "fp_b");
      if (nth === 8) double.servedAs("double-2", "fp_b");
      return null;
    });
    expect(await run.play(signal)).toBe("played");
    await run.writeDataset(signal);
    const { datasetDirectory, state } = run;
    await run.close();
    expect(state.served.map(({ servedModel, fingerprint }) => [servedModel, fingerprint])).toEqual([
      ["double-1", "fp_a"],
      ["double-1", "fp_b"],
      ["double-2", "fp_b"],
    ]);
    expect(day.log.lines.map(({ event }) => event).filter((event) => event.startsWith("served-"))).toEqual([
      "served-fingerprint-changed",
      "served-model-changed",
    ]);
    const { trajectories } = await rowsOf(datasetDirectory);
    expect(trajectories.filter(({ flags }) => flags.includes("model:changed")).length).toBeGreaterThan(0);
  });
});
