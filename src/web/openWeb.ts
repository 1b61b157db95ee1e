// The web as agents may use it: paper search and the text of PDFs, within the user's settings. One for all rollouts of a process, since
// rates, caches and the number of PDFs read at a time hold for all of them.
import path from "node:path";
import { z } from "zod";
import { type Gate, gate } from "../core/gate.ts";
import type { PdfText, Refusal, WebAccess } from "../core/host.ts";
import type { Clock } from "../core/runtime.ts";
import { type DiskCache, diskCache } from "./diskCache.ts";
import { searchPapers } from "./literature.ts";
import { type PdfLimits, pdfText } from "./pdfText.ts";
import { pinnedGet, type Reach } from "./pinnedGet.ts";
import { requestRate } from "./requestRate.ts";
import type { WebSettings } from "./webSettings.ts";

export interface WebParts {
  readonly reach: Reach;
  readonly clock: Clock;
  /** Folder of the caches; made when it is first needed. */
  readonly cacheFolder: string;
  /** Key of the literature search; null: none is sent. */
  readonly literatureKey: string | null;
}

const DAY_MS = 86_400_000;
const CACHE_ENTRIES_MAX = 2_000;
const CACHE_ENTRY_BYTES_MAX = 512 * 1024;
const REDIRECTS_MAX = 3;
/** PDFs that are loaded and read at a time; others wait, within their time. */
const PDFS_AT_ONCE = 4;
const PDF_TYPES = ["application/pdf", "application/x-pdf"];
const PDF_LIMITS: Omit<PdfLimits, "pagesMax"> = {
  charactersMax: 400_000,
  memoryMegabytesMax: 512,
  cpuSecondsMax: 60,
};

/** Opens nothing yet: each call is a request of its own, within the settings. */
export function openWeb(settings: WebSettings, parts: WebParts): WebAccess {
  const { clock, reach, cacheFolder, literatureKey } = parts;
  const { hosts, literature, timeoutSeconds, pdfMegabytes, pdfPages, cacheDays } = settings;
  const cacheOf = (name: string) =>
    diskCache({
      folder: path.join(cacheFolder, name),
      ageMsMax: cacheDays * DAY_MS,
      entriesMax: CACHE_ENTRIES_MAX,
      entryBytesMax: CACHE_ENTRY_BYTES_MAX,
      clock,
    });
  const search = {
    baseUrl: literature.baseUrl,
    key: literatureKey,
    rate: requestRate(literature.requestsPerSecond, clock),
    cache: cacheOf("literature"),
    reach,
    clock,
  };
  const pdf = {
    hosts,
    reach,
    bytesMax: Math.floor(pdfMegabytes * 1024 * 1024),
    limits: { ...PDF_LIMITS, pagesMax: pdfPages },
    cache: cacheOf("pdf"),
    gate: gate(PDFS_AT_ONCE),
  };
  const msOf = (timeoutMs: number) => Math.min(timeoutMs, timeoutSeconds * 1000);
  return {
    searchPapers: ({ query, most, timeoutMs }, signal) =>
      inTime(msOf(timeoutMs), signal, (bounded) =>
        searchPapers({ query, most, endsAtMs: clock.monotonic() + msOf(timeoutMs) }, search, bounded),
      ),
    readPdf: ({ url, timeoutMs }, signal) =>
      inTime(msOf(timeoutMs), signal, (bounded) => readPdf(url, pdf, bounded)),
  };
}

const pdfTextSchema = z.strictObject({ pageCount: z.int(), pages: z.array(z.string()).min(1) });

interface PdfParts {
  readonly hosts: readonly string[];
  readonly reach: Reach;
  readonly bytesMax: number;
  readonly limits: PdfLimits;
  readonly cache: DiskCache;
  readonly gate: Gate;
}

async function readPdf(
  url: string,
  { hosts, reach, bytesMax, limits, cache, gate: places }: PdfParts,
  signal: AbortSignal,
): Promise<PdfText | Refusal> {
  // Another allow-list or another limit may refuse, or read, what this one did not.
  const key = { url, hosts: [...hosts].sort(), bytesMax, limits };
  const kept = pdfTextSchema.safeParse(await cache.get(key));
  if (kept.success) return kept.data;
  // The place is taken before the download, so that what waits holds no PDF in memory.
  return await places.run(async () => {
    const request = { url, hosts, headers: {}, types: PDF_TYPES, bytesMax, redirectsMax: REDIRECTS_MAX };
    const answer = await pinnedGet(request, reach, signal);
    if ("refused" in answer) return answer;
    if (answer.kind === "status") return { refused: `The host answers with status ${answer.status}.` };
    const text = await pdfText(answer.bytes, limits, signal);
    if (!("refused" in text)) await cache.put(key, text);
    return text;
  }, signal);
}

/** Work under a time limit of its own, whose end is a refusal; an abort from outside stays one. */
async function inTime<T>(
  ms: number,
  signal: AbortSignal,
  work: (bounded: AbortSignal) => Promise<T | Refusal>,
): Promise<T | Refusal> {
  const late = AbortSignal.timeout(Math.ceil(ms));
  try {
    return await work(AbortSignal.any([signal, late]));
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) return { refused: `There was no answer within ${Math.ceil(ms / 1000)} seconds.` };
    throw error;
  }
}
