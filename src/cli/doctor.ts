// `doctor [PIPELINE]`: what this machine can do and enforce, and whether a pipeline could run on it. Spends nothing, changes nothing.
import type { Check } from "../compose/check.ts";
import { machineChecks } from "../compose/machineChecks.ts";
import { pipelineChecks } from "../compose/pipelineChecks.ts";
import { readPipeline } from "../compose/plan.ts";
import { type AddCommand, collect, EXIT } from "./command.ts";

const SANDBOXES = ["bubblewrap", "process", "docker", "podman"];

export const doctorCommand: AddCommand = (program, world, done) => {
  program
    .command("doctor")
    .description("what this machine can do and enforce, and what a pipeline still needs to run on it")
    .argument("[pipeline]", "a pipeline file: its tasks, keys, prices, endpoints and images are checked too")
    .option("--set <key=value>", "override a value of the file, by its dotted key; repeatable", collect, [])
    .option("--json", "one JSON object instead of text")
    .action(async (file: string | undefined, options: { set: readonly string[]; json?: boolean }) => {
      const read = file === undefined ? null : await readPipeline(file, options.set);
      // What backends warn of is in the lines below.
      const quiet = { ...world, log: { info: () => {}, warn: () => {} } };
      const machine = await machineChecks(quiet);
      const pipeline = read === null ? [] : await pipelineChecks(quiet, read.pipeline);
      const canRun =
        read === null
          ? machine.some(({ name, status }) => SANDBOXES.includes(name) && status !== "missing")
          : pipeline.every(({ status }) => status !== "missing");
      if (options.json) world.say(JSON.stringify({ canRun, machine, pipeline }, null, 2));
      else {
        for (const check of machine) world.say(checkText(check));
        if (read !== null) world.say(`\npipeline ${file}`);
        for (const check of pipeline) world.say(checkText(check));
        const what = read === null ? "this machine" : `the pipeline ${read.pipeline.name}`;
        world.say(`\n${what} ${canRun ? "can run" : "cannot run: see what is missing above"}`);
      }
      done(canRun ? EXIT.done : EXIT.short);
    });
};

function checkText({ name, status, detail, remedy }: Check): string {
  const line = `${status.padEnd(7)} ${name}: ${detail}`;
  return remedy === null ? line : `${line}\n        → ${remedy}`;
}
