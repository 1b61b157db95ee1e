// Fetches one file of the web: resumed where the server allows it, bounded in size and silence, checked by its hash.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { errorText, UserError } from "../../core/errors.ts";
import type { DataSource } from "./dataFile.ts";
import { requireRoom } from "./requireRoom.ts";

const SILENCE_MS_MAX = 60_000;
const TRIES_MAX = 5;
const PAUSE_MS = 300;
/** Answers that a later try may not get: the request took too long, too many of them. */
const PASSING = new Set([408, 429]);

type UrlSource = Extract<DataSource, { kind: "url" }>;
type OnBytes = (done: number, total: number | null) => void;

/**
 * Fetches into `file`; what is there so far lies beside it as `.part`, and a later call goes on from it. Cut connections are
 * taken up again, at most five times. Throws a UserError where it cannot be had, is too large, or is another file.
 */
export async function fetchUrl(
  source: UrlSource,
  file: string,
  onBytes: OnBytes,
  signal: AbortSignal,
): Promise<void> {
  const partial = `${file}.part`;
  for (let attempt = 1; ; attempt++) {
    try {
      await fetchRest(source, partial, onBytes, signal);
      break;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof UserError) throw error;
      if (attempt === TRIES_MAX) {
        throw new UserError(
          `cannot fetch ${source.url}: ${errorText(error)}; what came so far is kept, try again when it answers`,
          { cause: error },
        );
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * attempt));
    }
  }
  if (source.sha256 !== undefined) {
    const digest = createHash("sha256");
    await pipeline(createReadStream(partial), digest, { signal });
    const found = digest.digest("hex");
    if (found !== source.sha256) {
      await rm(partial, { force: true });
      throw new UserError(
        `${source.url}: its SHA-256 is ${found}, data.yaml says ${source.sha256}; the file was changed, or is another one`,
      );
    }
  }
  await rename(partial, file);
}

async function fetchRest(
  source: UrlSource,
  partial: string,
  onBytes: OnBytes,
  signal: AbortSignal,
): Promise<void> {
  const have = await stat(partial).then(
    (info) => info.size,
    () => 0,
  );
  const silence = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(
      () => silence.abort(new Error(`nothing came for ${SILENCE_MS_MAX / 1000} s`)),
      SILENCE_MS_MAX,
    );
  };
  heard();
  try {
    const response = await fetch(source.url, {
      signal: AbortSignal.any([signal, silence.signal]),
      headers: { ...(have > 0 ? { range: `bytes=${have}-` } : {}), "accept-encoding": "identity" },
    });
    if (response.status === 416 && have > 0) {
      const whole = /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
      // All of it is here already, or what is here is of another file and is fetched anew.
      if (whole === undefined || Number(whole) === have) return;
      await rm(partial, { force: true });
      throw new Error(`the server has ${whole} bytes where ${have} are here`);
    }
    if (response.status >= 500 || PASSING.has(response.status))
      throw new Error(`the server answers ${response.status}`);
    if (!response.ok || response.body === null) {
      throw new UserError(
        `cannot fetch ${source.url}: the server answers ${response.status}; look at the address`,
      );
    }
    const resumed = response.status === 206;
    const length = Number(response.headers.get("content-length") ?? Number.NaN);
    let done = resumed ? have : 0;
    const total = Number.isFinite(length) ? done + length : null;
    const tooLarge = () =>
      new UserError(
        `${source.url}: larger than data.yaml's bytesMax (${source.bytesMax}); it is another file`,
      );
    if (total !== null && total > source.bytesMax) throw tooLarge();
    if (total !== null) await requireRoom(path.dirname(partial), total - done, `fetching ${source.url}`);
    const handle = await open(partial, resumed ? "a" : "w");
    try {
      for await (const chunk of response.body) {
        heard();
        done += chunk.byteLength;
        if (done > source.bytesMax) throw tooLarge();
        await handle.write(chunk);
        onBytes(done, total);
      }
    } finally {
      await handle.close();
    }
    if (total !== null && done < total) throw new Error(`the connection broke at ${done} of ${total} bytes`);
  } finally {
    clearTimeout(timer);
  }
}
