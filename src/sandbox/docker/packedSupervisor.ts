// The supervisor as words on a command line, for daemons that cannot mount a file of this machine.
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { deflate } from "node:zlib";
import { SUPERVISOR_PATH } from "../python.ts";

/** One word of a command line holds 128 KiB in Linux. */
const WORD_BYTES_MAX = 131_000;
const UNPACK =
  "import binascii, sys, zlib; " +
  "exec(compile(zlib.decompress(binascii.a2b_base64(sys.argv.pop(1))), 'supervisor.py', 'exec'))";

/** Words for python3 that run the supervisor; its settings come after them. */
export async function packedSupervisor(): Promise<readonly string[]> {
  const packed = await promisify(deflate)(await readFile(SUPERVISOR_PATH));
  const text = packed.toString("base64");
  if (text.length > WORD_BYTES_MAX) throw new RangeError(`the packed supervisor has ${text.length} bytes`);
  return ["-I", "-S", "-c", UNPACK, text];
}
