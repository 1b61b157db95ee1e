// Takes the lock of the folder it is given, says how that went in one line, and holds on until it is killed.
import { takeLock } from "../../src/store/lock.ts";

const [folder = ""] = process.argv.slice(2);
try {
  await takeLock(folder);
  process.stdout.write("taken\n");
} catch (error) {
  process.stdout.write(`${String(error)}\n`);
}
setInterval(() => undefined, 60_000);
