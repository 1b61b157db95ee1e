// Paper search in the dialect of Semantic Scholar's Graph API (`GET {base}/paper/search`, https://api.semanticscholar.org/api-docs/graph).
import { z } from "zod";
import type { Paper, PaperList, Refusal } from "../core/host.ts";
import { redactor } from "../core/redact.ts";
import type { Clock } from "../core/runtime.ts";
import type { DiskCache } from "./diskCache.ts";
import { type PinnedAnswer, pinnedGet, type Reach } from "./pinnedGet.ts";
import type { RequestRate } from "./requestRate.ts";

const FIELDS = "title,abstract,year,authors,venue,citationCount,openAccessPdf,externalIds";
const ANSWER_BYTES_MAX = 2 * 1024 * 1024;
const TRIES_MAX = 4;
const WAIT_MS_FIRST = 1_000;
const WAIT_MS_MAX = 30_000;
const AUTHORS_MAX = 50;

/** What is read of an answer; the service may add to it. Long texts are cut, whatever it sends. */
const cut = (charactersMax: number) =>
  z.string().transform((text) => text.replaceAll(/\s+/g, " ").trim().slice(0, charactersMax));
const paperSchema = z
  .object({
    title: cut(500).nullish(),
    abstract: cut(5_000).nullish(),
    year: z.int().nullish(),
    venue: cut(200).nullish(),
    citationCount: z.int().nullish(),
    authors: z.array(z.object({ name: cut(100).nullish() })).nullish(),
    openAccessPdf: z.object({ url: z.string().max(2_000).nullish() }).nullish(),
    externalIds: z.object({ ArXiv: z.string().max(50).nullish() }).nullish(),
  })
  .transform((paper): Paper => {
    const open = paper.openAccessPdf?.url ?? "";
    const arxiv = paper.externalIds?.ArXiv ?? "";
    const named = /^https?:\/\//.test(open) ? open : null;
    const known = /^[\w./-]+$/.test(arxiv) ? `https://arxiv.org/pdf/${arxiv}` : null;
    return {
      title: paper.title ?? "(without a title)",
      authors: (paper.authors ?? []).slice(0, AUTHORS_MAX).flatMap(({ name }) => (name ? [name] : [])),
      year: paper.year ?? null,
      venue: paper.venue || null,
      citationCount: paper.citationCount ?? null,
      abstract: paper.abstract || null,
      pdfUrl: named ?? known,
    };
  });
const answerSchema = z.object({
  total: z.int().nonnegative().default(0),
  data: z.array(paperSchema).default([]),
});

/** The same as it is kept on disk. */
const paperListSchema = z.strictObject({
  totalCount: z.int().nonnegative(),
  papers: z.array(
    z.strictObject({
      title: z.string(),
      authors: z.array(z.string()),
      year: z.int().nullable(),
      venue: z.string().nullable(),
      citationCount: z.int().nullable(),
      abstract: z.string().nullable(),
      pdfUrl: z.string().nullable(),
    }),
  ),
});

export interface LiteratureParts {
  readonly baseUrl: string;
  /** Sent as `x-api-key`, to the base URL's host only; null: none. */
  readonly key: string | null;
  readonly rate: RequestRate;
  readonly cache: DiskCache;
  readonly reach: Reach;
  readonly clock: Clock;
}

/** One search. A busy service is asked again, a few times, as long as `endsAtMs` (monotonic) allows. */
export async function searchPapers(
  { query, most, endsAtMs }: { readonly query: string; readonly most: number; readonly endsAtMs: number },
  parts: LiteratureParts,
  signal: AbortSignal,
): Promise<PaperList | Refusal> {
  const { baseUrl, key, cache } = parts;
  // The service finds nothing for words with hyphens.
  const words = query.replaceAll(/[\s-]+/g, " ").trim();
  const cacheKey = { baseUrl, words, most };
  const kept = paperListSchema.safeParse(await cache.get(cacheKey));
  if (kept.success) return kept.data;
  const url = new URL(`${baseUrl.replace(/\/+$/, "")}/paper/search`);
  url.search = new URLSearchParams({ query: words, limit: String(most), fields: FIELDS }).toString();
  const answer = await patiently(url, endsAtMs, parts, signal);
  if ("refused" in answer) return answer;
  if (answer.kind === "status") {
    return { refused: `The literature search does not work now: it answers with status ${answer.status}.` };
  }
  const list = listOf(answer.bytes, most, key);
  if (list === null) return { refused: "The literature search gave an answer that cannot be read." };
  await cache.put(cacheKey, list);
  return list;
}

async function patiently(
  url: URL,
  endsAtMs: number,
  { key, rate, reach, clock }: LiteratureParts,
  signal: AbortSignal,
): Promise<PinnedAnswer | Refusal> {
  const request = {
    url: url.href,
    hosts: [url.host],
    headers: key === null ? {} : { "x-api-key": key },
    types: ["application/json"],
    bytesMax: ANSWER_BYTES_MAX,
    redirectsMax: 0,
  };
  const busy = { refused: "The literature search is busy: try again later, or go on without it." };
  for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
    if (!(await rate.turn(endsAtMs - clock.monotonic(), signal))) return busy;
    const answer = await pinnedGet(request, reach, signal);
    if ("refused" in answer || answer.kind === "body") return answer;
    if (answer.status !== 429 && answer.status < 500) return answer;
    const waitMs = Math.min(WAIT_MS_MAX, askedWaitMs(answer.retryAfter) ?? WAIT_MS_FIRST * 2 ** attempt);
    if (attempt === TRIES_MAX - 1 || clock.monotonic() + waitMs >= endsAtMs) return busy;
    await clock.sleep(waitMs, signal);
  }
  return busy;
}

/** The seconds of a Retry-After header; null where there is none, or a date. */
function askedWaitMs(retryAfter: string | null): number | null {
  return retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) * 1000 : null;
}

/** Null for what is no answer. A service that repeats the key it was sent shall not bring it into a record. */
function listOf(bytes: Uint8Array, most: number, key: string | null): PaperList | null {
  const clean = redactor(key === null ? [] : [{ name: "key", value: key }]);
  try {
    const { total, data } = answerSchema.parse(JSON.parse(clean(new TextDecoder("utf-8").decode(bytes))));
    return { totalCount: Math.max(total, data.length), papers: data.slice(0, most) };
  } catch {
    return null;
  }
}
