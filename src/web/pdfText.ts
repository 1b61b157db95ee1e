// The text of a PDF that nobody vouches for: read in a process of its own, under limits of time, processor time and memory, and killed when
// it is over them. It can neither hang nor break this process, and gets none of its environment.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { z } from "zod";
import type { PdfText, Refusal } from "../core/host.ts";

export interface PdfLimits {
  readonly pagesMax: number;
  /** Characters of all pages together. */
  readonly charactersMax: number;
  /** Memory that it may take, buffers included. */
  readonly memoryMegabytesMax: number;
  readonly cpuSecondsMax: number;
}

/** JSON may need up to six bytes for a character of a text, and a few for each line. */
const BYTES_PER_CHARACTER_MAX = 6;
const BYTES_PER_PAGE = 64;
/** What Node reserves before a program does anything, most of it never used; it counts against the system's limit all the same. */
const RESERVED_MEGABYTES = 768;
/** Of the memory, what JavaScript objects may take; buffers may take it all. */
const HEAP_SHARE = 0.5;
const KILOBYTES_PER_MEGABYTE = 1024;

/** Sets the limits that the system keeps, also when this process is gone, then becomes the program. Where there is none of a kind, it goes without. */
const LIMITED =
  'ulimit -d "$1" 2>/dev/null; ulimit -t "$2" 2>/dev/null; ulimit -c 0 2>/dev/null; shift 2; exec "$@"';

const headSchema = z.strictObject({ pageCount: z.int().nonnegative() });
const pageSchema = z.strictObject({ text: z.string() });

/** Contract: throws only the signal's reason. A damaged, locked, hostile or too expensive PDF is a refusal, or is read as far as it went. */
export async function pdfText(
  data: Uint8Array,
  limits: PdfLimits,
  signal: AbortSignal,
): Promise<PdfText | Refusal> {
  signal.throwIfAborted();
  const { output, isWhole } = await runWorker(data, limits, signal);
  signal.throwIfAborted();
  const lines = output.split("\n").filter((line) => line !== "");
  try {
    const [head, ...pages] = lines.map((line): unknown => JSON.parse(line));
    const { pageCount } = headSchema.parse(head);
    const texts = pages.map((page) => pageSchema.parse(page).text);
    if (texts.length > 0) return { pageCount, pages: texts };
  } catch {
    // Said below: it printed nothing that is ours.
  }
  return { refused: isWhole ? "That is not a PDF that can be read." : "That PDF takes too much to read." };
}

function runWorker(
  data: Uint8Array,
  limits: PdfLimits,
  signal: AbortSignal,
): Promise<{ readonly output: string; readonly isWhole: boolean }> {
  const { pagesMax, charactersMax, memoryMegabytesMax, cpuSecondsMax } = limits;
  const outputBytesMax = charactersMax * BYTES_PER_CHARACTER_MAX + pagesMax * BYTES_PER_PAGE;
  const library = createRequire(import.meta.url).resolve("unpdf");
  const libraryFolder = path.dirname(path.dirname(library));
  const program = fileURLToPath(new URL(`./pdfWorker${path.extname(import.meta.url)}`, import.meta.url));
  const readable = [program, path.join(libraryFolder, "*")].map((place) => `--allow-fs-read=${place}`);
  const argv = [
    process.execPath,
    "--permission",
    ...readable,
    "--no-addons",
    "--v8-pool-size=1",
    "--disallow-code-generation-from-strings",
    `--max-old-space-size=${Math.floor(memoryMegabytesMax * HEAP_SHARE)}`,
    program,
    pathToFileURL(path.join(libraryFolder, "dist", "index.mjs")).href,
    String(pagesMax),
    String(charactersMax),
  ];
  const dataKilobytesMax = (RESERVED_MEGABYTES + memoryMegabytesMax) * KILOBYTES_PER_MEGABYTE;
  const ulimits = [dataKilobytesMax, cpuSecondsMax].map(String);
  return new Promise((resolve, reject) => {
    const child = spawn("/bin/sh", ["-c", LIMITED, "sh", ...ulimits, ...argv], {
      env: {},
      stdio: ["pipe", "pipe", "ignore"],
      // Killed as a group: the shell may not have become the program yet.
      detached: true,
    });
    const kill = () => {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        child.kill("SIGKILL");
      }
    };
    const chunks: Buffer[] = [];
    let length = 0;
    let isCut = false;
    child.stdout.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= outputBytesMax) chunks.push(chunk);
      else {
        isCut = true;
        kill();
      }
    });
    // A program that ends early closes its input.
    child.stdin.on("error", () => {});
    child.once("error", reject);
    child.once("close", (code) => {
      signal.removeEventListener("abort", kill);
      const whole = Buffer.concat(chunks).toString("utf8");
      // A line that was cut off is none.
      const output = whole.slice(0, whole.lastIndexOf("\n") + 1);
      resolve({ output, isWhole: !isCut && code !== null && code < 128 });
    });
    signal.addEventListener("abort", kill, { once: true });
    child.stdin.end(data);
  });
}
