// Restarts a Docker daemon of its own under a run and while its orchestrator is dead, with and without live-restore, and holds what came of it
// against what is promised: no reply bought twice, every rollout ended once, attached where containers outlive the daemon, restored where not.
// Needs root, dockerd and the image nightshift/python. Usage: node scripts/daemonRestart.ts. One JSON object a day; exit code 1 where a promise is broken.
import { type DaemonRestartDay, daemonRestartDay } from "./dev/daemonRestartDay.ts";

function isKept(day: DaemonRestartDay): boolean {
  const isWhole = day.exitCode === 0 && day.outcomes.every((outcome) => outcome === "submitted");
  const isPaidOnce =
    day.boughtAgain === 0 && day.sold - day.recorded <= day.lostCalls && day.containersLeft === 0;
  const how = day.liveRestore ? "attached" : "restored";
  const isTakenUp = day.byResume.length > 0 && day.byResume.every((one) => one === how);
  return (
    isWhole &&
    isPaidOnce &&
    isTakenUp &&
    (day.liveRestore ? day.underRun.length === 0 : day.underRun.length > 0)
  );
}

let exitCode = 0;
for (const liveRestore of [true, false]) {
  const day = await daemonRestartDay(liveRestore);
  console.log(JSON.stringify(day));
  if (!isKept(day)) exitCode = 1;
}
process.exit(exitCode);
