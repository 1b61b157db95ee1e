// Starts the command line from the sources of a clone, by type stripping, or from what was built of them in the package.
// The sources come first: a `dist/` that was left behind never shadows them.
import { existsSync } from "node:fs";
import { enableCompileCache } from "node:module";

const source = new URL("../src/cli/main.ts", import.meta.url);
const built = new URL("../dist/cli/main.js", import.meta.url);

/**
 * @param {readonly string[]} args
 * @returns {Promise<number>} the exit code
 */
export async function start(args) {
  if (existsSync(source) && !process.features.typescript) {
    const how = `start it without --no-strip-types (NODE_OPTIONS too), or use the packed nightshift, which is compiled`;
    process.stderr.write(
      `this clone of nightshift runs its TypeScript as it is, which this Node does not: ${how}\n`,
    );
    return 2;
  }
  enableCompileCache();
  const { main } = await import(existsSync(source) ? source.href : built.href);
  return main(args);
}
