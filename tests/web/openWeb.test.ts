// The web through its one door, against servers on loopback: caps on bytes, time and types, patience with a busy service, the cache, and PDFs
// that are damaged, hostile or merely large.
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { z } from "zod";
import { systemClock } from "../../src/compose/world.ts";
import type { WebAccess } from "../../src/core/host.ts";
import { diskCache } from "../../src/web/diskCache.ts";
import { openWeb } from "../../src/web/openWeb.ts";
import { pdfText } from "../../src/web/pdfText.ts";
import { pinnedGet } from "../../src/web/pinnedGet.ts";
import { requestRate } from "../../src/web/requestRate.ts";
import { webSchema } from "../../src/web/webSettings.ts";
import { type EverywhereServer, everywhereServer, PUBLIC_DOUBLE } from "./everywhereServer.ts";
import { fakeClock } from "./fakeClock.ts";
import { bombPdf, circularPdf, manyPagesPdf, recursivePdf, smallPdf } from "./smallPdf.ts";

const NEVER = new AbortController().signal;
const KEY = "s2-key-0123456789abcdef";
const LIMITS = { pagesMax: 60, charactersMax: 100_000, memoryMegabytesMax: 512, cpuSecondsMax: 20 };

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: EverywhereServer;
let answer: Answer = () => {};
let seen: URL[] = [];
let folder = "";
beforeAll(async () => {
  server = await everywhereServer((request, response) => {
    seen.push(new URL(request.url ?? "/", "http://papers.test"));
    answer(request, response);
  });
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(async () => {
  seen = [];
  folder = await mkdtemp(path.join(tmpdir(), "nightshift-web-"));
  return () => rm(folder, { recursive: true, force: true });
});

function web(over: z.input<typeof webSchema> = {}, clock = systemClock): WebAccess {
  const settings = webSchema.parse({ timeoutSeconds: 10, ...over });
  const literature = {
    ...settings.literature,
    baseUrl: `http://papers.test:${server.port}/graph/v1/`,
    requestsPerSecond: 100,
  };
  return openWeb(
    { ...settings, hosts: [`papers.test:${server.port}`], literature },
    {
      reach: { resolve: async () => [PUBLIC_DOUBLE], mayReach: (address) => address === PUBLIC_DOUBLE },
      clock,
      cacheFolder: folder,
      literatureKey: KEY,
    },
  );
}

const url = (name: string) => `http://papers.test:${server.port}/${name}`;
const readPdf = (of: WebAccess, name = "a.pdf", timeoutMs = 20_000) =>
  of.readPdf({ url: url(name), timeoutMs }, NEVER);
const search = (of: WebAccess, query = "attention", timeoutMs = 20_000) =>
  of.searchPapers({ query, most: 2, timeoutMs }, NEVER);
const sends =
  (body: string | Buffer, type: string, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    response.writeHead(200, { "content-type": type, ...headers }).end(body);

describe("an answer", () => {
  it("is cut off at the byte cap, announced or not", async () => {
    const data = Buffer.alloc(200_000, "x");
    answer = sends(data, "application/pdf", { "content-length": String(data.length) });
    const refused = { refused: expect.stringMatching(/is larger than 104857 bytes/) };
    expect(await readPdf(web({ pdfMegabytes: 0.1 }))).toEqual(refused);
    // Without an end: it is cut off all the same.
    answer = (_, response) => {
      response.writeHead(200, { "content-type": "application/pdf" });
      const more = () => response.write(data, more);
      more();
    };
    expect(await readPdf(web({ pdfMegabytes: 0.1 }))).toEqual(refused);
  });

  it("that never comes, or drips, ends with the time", async () => {
    const late = { refused: "There was no answer within 1 seconds." };
    answer = () => {};
    expect(await readPdf(web(), "a.pdf", 700)).toEqual(late);
    answer = (_, response) => {
      response.writeHead(200, { "content-type": "application/pdf" });
      const drip = setInterval(() => response.write("x"), 50);
      response.on("close", () => clearInterval(drip));
    };
    expect(await readPdf(web(), "a.pdf", 700)).toEqual(late);
  });

  it("of another type, compressed, or with another status is refused unread", async () => {
    answer = sends("<html>", "text/html; charset=utf-8");
    expect(await readPdf(web())).toEqual({
      refused: expect.stringContaining("answers with text/html, where"),
    });
    answer = (_, response) => response.writeHead(200).end("%PDF-");
    expect(await readPdf(web())).toEqual({
      refused: expect.stringContaining("something without a known type"),
    });
    answer = sends("x", "application/pdf", { "content-encoding": "gzip" });
    expect(await readPdf(web())).toEqual({ refused: expect.stringContaining("compressed form") });
    answer = (_, response) => response.writeHead(404).end();
    expect(await readPdf(web())).toEqual({ refused: "The host answers with status 404." });
  });

  it("that breaks off, floods with headers or switches protocols is a refusal", async () => {
    const broke = { refused: expect.stringMatching(/broke off/) };
    answer = (_, response) => {
      response.writeHead(200, { "content-type": "application/pdf", "content-length": "1000" });
      response.write("x", () => response.destroy());
    };
    expect(await readPdf(web())).toEqual(broke);
    answer = (_, response) => {
      for (let index = 0; index < 400; index++) response.setHeader(`x-${index}`, "y".repeat(100));
      response.writeHead(200).end();
    };
    expect(await readPdf(web())).toEqual(broke);
    answer = (request) => {
      request.socket.end("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
    };
    expect(await readPdf(web())).toEqual(broke);
    answer = (request) => request.socket.end("nonsense\r\n\r\n");
    expect(await readPdf(web())).toEqual(broke);
  });

  it("comes from the first address that takes a connection", async () => {
    const only = createServer((_, response) =>
      response.writeHead(200, { "content-type": "application/pdf" }).end("%PDF-"),
    );
    await new Promise<void>((resolve) => only.listen(0, PUBLIC_DOUBLE, resolve));
    const { port }: AddressInfo = Object.assign({ port: 0, address: "", family: "" }, only.address());
    const ask = (addresses: readonly string[]) =>
      pinnedGet(
        {
          url: `http://papers.test:${port}/`,
          hosts: [`papers.test:${port}`],
          headers: {},
          types: ["application/pdf"],
          bytesMax: 100,
          redirectsMax: 0,
        },
        { resolve: async () => addresses, mayReach: () => true },
        NEVER,
      );
    expect(await ask(["127.0.0.3", PUBLIC_DOUBLE])).toMatchObject({ kind: "body" });
    expect(await ask(["127.0.0.3", "127.0.0.4"])).toEqual({
      refused: `The host papers.test:${port} cannot be reached.`,
    });
    await new Promise((resolve) => only.close(resolve));
  });

  it("is given up when the rollout is", async () => {
    answer = () => {};
    const control = new AbortController();
    const reading = web().readPdf({ url: url("a.pdf"), timeoutMs: 20_000 }, control.signal);
    control.abort(new Error("stop"));
    await expect(reading).rejects.toThrow("stop");
  });
});

describe("the literature search", () => {
  const paper = {
    paperId: "x",
    title: "Attention\n is  all you need",
    abstract: "The dominant\nmodels",
    year: 2017,
    venue: "NeurIPS",
    citationCount: 9,
    authors: [{ authorId: "1", name: "A. Vaswani" }, { name: "N. Shazeer" }],
    openAccessPdf: { url: "", status: null },
    externalIds: { ArXiv: "1706.03762", DOI: "x" },
    somethingNew: {},
  };

  it("asks as the service wants it and reads what it says", async () => {
    answer = sends(
      JSON.stringify({ total: 12, offset: 0, next: 2, data: [paper, { title: "Bare" }, paper] }),
      "application/json",
    );
    expect(await search(web(), "multi-head  attention")).toEqual({
      totalCount: 12,
      papers: [
        {
          title: "Attention is all you need",
          abstract: "The dominant models",
          authors: ["A. Vaswani", "N. Shazeer"],
          year: 2017,
          venue: "NeurIPS",
          citationCount: 9,
          pdfUrl: "https://arxiv.org/pdf/1706.03762",
        },
        {
          title: "Bare",
          abstract: null,
          authors: [],
          year: null,
          venue: null,
          citationCount: null,
          pdfUrl: null,
        },
      ],
    });
    expect(seen[0]?.pathname).toBe("/graph/v1/paper/search");
    expect(seen[0]?.searchParams.get("query")).toBe("multi head attention");
    expect(seen[0]?.searchParams.get("limit")).toBe("2");
  });

  it("finds nothing without failing, and says so of an answer that is none", async () => {
    answer = sends('{"total":0,"offset":0}', "application/json");
    expect(await search(web())).toEqual({ totalCount: 0, papers: [] });
    for (const body of ["", "[]", '{"data":3}', '{"total":"many"}', `{"data":[${"[".repeat(20_000)}`]) {
      answer = sends(body, "application/json");
      expect(await search(web(), `q ${body.length}`), body.slice(0, 20)).toEqual({
        refused: "The literature search gave an answer that cannot be read.",
      });
    }
  });

  it("asks a busy service again, as long as it has time", async () => {
    let count = 0;
    answer = (request, response) => {
      count++;
      if (count < 3) response.writeHead(429, { "retry-after": "2" }).end();
      else sends('{"total":0}', "application/json")(request, response);
    };
    const clock = fakeClock();
    expect(await search(web({}, clock))).toEqual({ totalCount: 0, papers: [] });
    expect(clock.slept.filter((ms) => ms === 2_000)).toHaveLength(2);
    count = 0;
    const busy = { refused: "The literature search is busy: try again later, or go on without it." };
    expect(await search(web({}, clock), "other", 1_500)).toEqual(busy);
    expect(count).toBe(1);
    answer = (_, response) => response.writeHead(503).end();
    seen = [];
    expect(await search(web({ timeoutSeconds: 600 }, clock), "third", 600_000)).toEqual(busy);
    expect(seen).toHaveLength(4);
    answer = (_, response) => response.writeHead(403).end();
    expect(await search(web(), "fourth")).toEqual({ refused: expect.stringContaining("status 403") });
  });

  it("keeps what was found on disk for all runs, but no failures, and not for ever", async () => {
    answer = sends('{"total":1,"data":[{"title":"Kept"}]}', "application/json");
    const clock = fakeClock();
    const first = await search(web({}, clock));
    expect(await search(web({}, clock), "ATTENTION".toLowerCase())).toEqual(first);
    expect(seen).toHaveLength(1);
    clock.pass(31 * 86_400_000);
    await search(web({}, clock));
    expect(seen).toHaveLength(2);
    await search(web({ cacheDays: 0 }, clock));
    await search(web({ cacheDays: 0 }, clock));
    expect(seen).toHaveLength(4);
  });
});

describe("requests", () => {
  it("keep their distance, and those that would wait too long are not made", async () => {
    const clock = fakeClock();
    const rate = requestRate(2, clock);
    expect(await rate.turn(0, NEVER)).toBe(true);
    expect(await rate.turn(500, NEVER)).toBe(true);
    expect(clock.slept).toEqual([500]);
    expect(await rate.turn(499, NEVER)).toBe(false);
    // The refused one has taken no turn.
    expect(await rate.turn(500, NEVER)).toBe(true);
  });
});

describe("the cache", () => {
  it("is bounded, and what is damaged in it is not there", async () => {
    const clock = fakeClock();
    const options = { folder, ageMsMax: 1_000, entriesMax: 3, entryBytesMax: 100, clock };
    const cache = diskCache(options);
    for (let index = 0; index < 6; index++) await cache.put(index, { index });
    expect((await readdir(folder)).length).toBeLessThanOrEqual(3);
    expect(await cache.get(5)).toEqual({ index: 5 });
    await cache.put("large", "x".repeat(200));
    expect(await cache.get("large")).toBe(null);
    for (const name of await readdir(folder)) await writeFile(path.join(folder, name), "{");
    expect(await cache.get(5)).toBe(null);
    // A folder that cannot be made fails nothing.
    await writeFile(path.join(folder, "file"), "");
    const nowhere = diskCache({ ...options, folder: path.join(folder, "file", "below") });
    await nowhere.put(1, 1);
    expect(await nowhere.get(1)).toBe(null);
  });
});

describe("a PDF", () => {
  it("is read page by page, once for all", async () => {
    answer = sends(smallPdf(["one", "two", "three"]), "application/pdf");
    const of = web({ pdfPages: 2 });
    expect(await readPdf(of)).toEqual({ pageCount: 3, pages: ["one", "two"] });
    expect(await readPdf(of)).toEqual({ pageCount: 3, pages: ["one", "two"] });
    expect(seen).toHaveLength(1);
  });

  it("waits for its place: four are loaded and read at a time, and one that is given up makes room", async () => {
    const held: (() => void)[] = [];
    answer = (request, response) => {
      held.push(() => sends(smallPdf(["one"]), "application/pdf")(request, response));
    };
    const of = web({ timeoutSeconds: 60 });
    const control = new AbortController();
    const given = of.readPdf({ url: url("0.pdf"), timeoutMs: 60_000 }, control.signal);
    const reading = Array.from({ length: 7 }, (_, index) => readPdf(of, `${index + 1}.pdf`, 60_000));
    const until = async (count: number) => {
      while (seen.length < count) await systemClock.sleep(5);
    };
    await until(4);
    control.abort(new Error("stop"));
    await expect(given).rejects.toThrow("stop");
    await until(5);
    expect(seen).toHaveLength(5);
    for (let count = 5; count <= 8; count++) {
      await until(count);
      for (const release of held.splice(0)) release();
    }
    expect(await Promise.all(reading)).toEqual(Array(7).fill({ pageCount: 1, pages: ["one"] }));
  });

  it("that is none, or is damaged, is a refusal", async () => {
    const good = smallPdf(["one"]);
    const none = { refused: "That is not a PDF that can be read." };
    expect(await pdfText(Buffer.from("hello"), LIMITS, NEVER)).toEqual(none);
    expect(await pdfText(Buffer.alloc(0), LIMITS, NEVER)).toEqual(none);
    expect(await pdfText(Buffer.from("%PDF-1.7\n"), LIMITS, NEVER)).toEqual(none);
    // Cut anywhere, it is read or refused, and nothing else.
    for (const share of [0.3, 0.6, 0.9]) {
      const text = await pdfText(good.subarray(0, Math.floor(good.length * share)), LIMITS, NEVER);
      expect("refused" in text || text.pages.length > 0).toBe(true);
    }
  });

  it("that grows a hundred thousand times is killed at its memory, and this process does not grow", async () => {
    const bomb = bombPdf(2_000);
    expect(bomb.length).toBeLessThan(20_000);
    const before = process.memoryUsage().rss;
    expect(await pdfText(bomb, { ...LIMITS, memoryMegabytesMax: 128 }, NEVER)).toEqual({
      refused: "That PDF takes too much to read.",
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
  });

  it("that runs in circles, or counts pages that are not there, comes to an end", async () => {
    for (const data of [circularPdf(), recursivePdf(), manyPagesPdf()]) {
      const text = await pdfText(data, { ...LIMITS, pagesMax: 5 }, NEVER);
      expect("refused" in text || text.pages.length <= 5).toBe(true);
    }
  });

  it("takes no more text than its cap", async () => {
    const data = smallPdf(["x".repeat(40), "y".repeat(40), "z"]);
    const text = await pdfText(data, { ...LIMITS, charactersMax: 60 }, NEVER);
    expect(text).toEqual({ pageCount: 3, pages: ["x".repeat(40), "y".repeat(20)] });
  });

  it("is given up, and its process with it, when the rollout is", async () => {
    const control = new AbortController();
    const reading = pdfText(bombPdf(500), LIMITS, control.signal);
    control.abort(new Error("stop"));
    await expect(reading).rejects.toThrow("stop");
  });
});
