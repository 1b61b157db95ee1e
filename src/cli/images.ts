// `images build`, `list` and `prune`: the images that sandboxes run, built on this machine from the folders of tasks/_images.
import { type Command, Option } from "commander";
import { buildNamedImages, listImages, pruneNamedImages } from "../compose/images.ts";
import type { World } from "../compose/world.ts";
import { type AddCommand, EXIT } from "./command.ts";
import { textTable } from "./table.ts";

const MEGABYTE = 1_000_000;
const ENGINES = ["docker", "podman"] as const;
type Engine = (typeof ENGINES)[number];

export const imagesCommand: AddCommand = (program, world, done) => {
  const images = program.command("images").description("the images that tasks run in");
  withEngine(images.command("build"))
    .description("build images from their folders in tasks/_images; what is up to date is left as it is")
    .argument("[name...]", "images by the names of their folders (default: python)")
    .option("--base <image>", "a Debian-like image to stand on (default: one is made with debootstrap)")
    .option("--mirror <url>", "Debian's mirror for making a base")
    .option("--trees", "unpack them for bubblewrap too", false)
    .action(
      async (
        names: string[],
        options: { engine: Engine; base?: string; mirror?: string; trees: boolean },
      ) => {
        const { engine, trees } = options;
        const request = {
          names,
          engine,
          trees,
          base: options.base ?? null,
          mirror: options.mirror ?? null,
        };
        await interruptible(world, done, (signal) => buildNamedImages(world, request, signal));
      },
    );
  withEngine(images.command("list"))
    .description("every image: whether it is built, its size, and whether it is unpacked for bubblewrap")
    .action(async ({ engine }: { engine: Engine }) => {
      await interruptible(world, done, async (signal) => {
        const rows = (await listImages(world, engine, signal)).map(({ name, state, bytes, tree }) => [
          name,
          state,
          bytes === 0 ? "" : `${Math.round(bytes / MEGABYTE)} MB`,
          tree,
        ]);
        world.say(textTable(["image", "here", "size", "tree"], rows));
      });
    });
  withEngine(images.command("prune"))
    .description("remove our images that no folder of tasks/_images describes as it is now")
    .argument("[name...]", "of these names only; of a name without a folder only when it is named")
    .option("--trees", "remove unpacked ones too", false)
    .action(async (names: string[], { engine, trees }: { engine: Engine; trees: boolean }) => {
      await interruptible(world, done, async (signal) => {
        const pruned = await pruneNamedImages(world, { names, engine, trees }, signal);
        for (const { what, kept } of pruned) {
          world.say(kept === null ? `${what} removed` : `${what} left: ${kept}`);
        }
        if (pruned.length === 0) world.say("nothing to remove");
      });
    });
};

function withEngine(command: Command): Command {
  return command.addOption(
    new Option("--engine <name>", "docker or podman").choices(ENGINES).default("docker"),
  );
}

async function interruptible(
  world: World,
  done: (exitCode: number) => void,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const release = world.onInterrupt(() => stop.abort(new Error("interrupted")));
  try {
    await work(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    world.complain("interrupted");
    done(EXIT.interrupted);
  } finally {
    release();
  }
}
