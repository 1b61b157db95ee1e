// `push DATASET ORG/NAME`: a finished dataset or export as a dataset repository on a hub.
import { push } from "../compose/push.ts";
import { HubError } from "../hub/hubError.ts";
import { type AddCommand, EXIT } from "./command.ts";
import { parseAllowance } from "./export.ts";
import { interruptible } from "./interruptible.ts";

interface PushCommandOptions {
  readonly public?: boolean;
  readonly dryRun?: boolean;
  readonly allow?: string;
  readonly endpoint?: string;
}

export const pushCommand: AddCommand = (program, world, done) => {
  program
    .command("push")
    .description(
      "push a dataset or an export to a hub, private unless told otherwise; pushing again goes on where it ended",
    )
    .argument("<folder>", "a dataset's or an export's folder")
    .argument("<repository>", "ORG/NAME")
    .option("--public", "make a new repository public")
    .option("--dry-run", "say what would be sent, and send nothing")
    .option("--allow <kinds>", "let such rows out: scripted,replay,benchmark,notTrainable")
    .option("--endpoint <url>", "another hub (default: HF_ENDPOINT, else the client's own)")
    .action(async (dir: string, name: string, options: PushCommandOptions) => {
      const request = {
        dir,
        name,
        allow: options.allow === undefined ? [] : options.allow.split(",").map(parseAllowance),
        isPublic: options.public === true,
        isDry: options.dryRun === true,
        endpoint: options.endpoint ?? null,
      };
      await interruptible(world, done, "interrupted: push again to go on", async (signal) => {
        const result = await push(world, request, signal).catch((error: unknown) => {
          if (error instanceof HubError) return error.message;
          throw error;
        });
        if (typeof result === "string") {
          world.complain(`${result}; push again later, it goes on where it ended`);
          return EXIT.short;
        }
        const { folder, pushed } = result;
        if (pushed === null)
          for (const file of folder.files)
            world.say(`${file.path}  ${file.bytes} bytes  ${file.sha256.slice(0, 12)}`);
        world.say(
          pushed === null
            ? `would push ${folder.files.length} files to ${name}; nothing was sent`
            : `${name}: ${pushed.sent} files sent in ${pushed.commits} commits, ${pushed.there} were there`,
        );
        return EXIT.done;
      });
    });
};
