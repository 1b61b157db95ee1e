// `verify RUN`: every checksum of a run, held against its bytes; what is damaged, which rollout that touches, and what to do.
import { mendRun } from "../compose/mendRun.ts";
import { verifyRun } from "../compose/verifyRun.ts";
import { type AddCommand, EXIT } from "./command.ts";

export const verifyCommand: AddCommand = (program, world, done) => {
  program
    .command("verify")
    .description("hold every file of a run against its checksums, and name what is damaged")
    .argument("<run>", "the run directory")
    .option(
      "--mend",
      "replace a damaged ledger by one without the damaged records; the old one is kept",
      false,
    )
    .action(async (directory: string, options: { mend: boolean }) => {
      const mended = options.mend ? await mendRun(world, directory) : null;
      if (mended !== null) {
        const { damagedCount, addedCount, leftOutCount, adoptedCount, keptAt } = mended;
        world.say(
          `mended: ${damagedCount} damaged records left out, ${addedCount} put in that later ones presuppose, ${leftOutCount} whole ones left out ` +
            `that fit nowhere without them, ${adoptedCount} ended rollouts taken from the archive; the damaged ledger is ${keptAt}`,
        );
      }
      const { damages, checked } = await verifyRun(world, directory);
      for (const { what, rolloutKey, means } of damages) {
        world.say(`damaged: ${what}`);
        world.say(`  ${rolloutKey === null ? "" : `rollout ${rolloutKey.slice(0, 16)}: `}${means}`);
      }
      const whole = `${checked.records} ledger records, ${checked.rollouts} rollouts, ${checked.blobs} blobs`;
      if (damages.length === 0) {
        world.say(`whole: ${whole}`);
        return done(EXIT.done);
      }
      world.complain(`${damages.length} damaged; all else of ${whole} is whole`);
      done(EXIT.short);
    });
};
