// `parse_pdf`: reads the text of a PDF on a host that the user allows, page by page. Off unless the user opens the web.
import { z } from "zod";
import { NO_HOST, type PdfText } from "../core/host.ts";
import type { Tool } from "../core/tool.ts";
import { refused, said } from "./result.ts";
import { splitWords } from "./words.ts";

const URL_CHARACTERS_MAX = 2_000;
/** Room in the answer for its first and last line. */
const NOTES_BYTES = 300;

const parsePdfArguments = z.strictObject({
  url: z.string().min(1).max(URL_CHARACTERS_MAX),
  page: z.int().positive().optional(),
});

export const parsePdfTool: Tool<typeof parsePdfArguments> = {
  name: "parse_pdf",
  signature: "parse_pdf <url> [<page>]",
  description:
    "Shows the text of a PDF on the web from a page on (without a number: from the first), as many pages as fit. " +
    "Only some hosts can be reached.",
  arguments: parsePdfArguments,
  native: {
    description:
      "Shows the text of a PDF on the web from a page on, as many pages as fit. Only some hosts can be reached.",
    arguments: {
      url: "Where the PDF lies.",
      page: "The first page to show, counted from 1; left out: the first.",
    },
  },
  endMarker: null,
  parseText: parseParsePdf,
  replay: "record",
  repeatable: true,
  async run({ url, page = 1 }, { state, host = NO_HOST, actionTimeoutMs, outputBytesMax, signal }) {
    if (host.web === null) return refused("No PDF can be read from the web here.", state);
    const read = await host.web.readPdf({ url, timeoutMs: actionTimeoutMs }, signal);
    if ("refused" in read) return refused(read.refused, state);
    if (page > read.pageCount) {
      return refused(`There is no page ${page}: the PDF has ${pagesText(read.pageCount)}.`, state);
    }
    if (page > read.pages.length) {
      return refused(`Page ${page} is not read: only the first ${pagesText(read.pages.length)} are.`, state);
    }
    return said(shown(read, page, Math.max(0, outputBytesMax - NOTES_BYTES)), state);
  },
};

function pagesText(count: number): string {
  return count === 1 ? "1 page" : `${count} pages`;
}

/** Whole pages from `first` on, within `bytesMax`; a first page that is larger by itself is cut. */
function shown({ pages, pageCount }: PdfText, first: number, bytesMax: number): string {
  const blocks: string[] = [];
  let left = bytesMax;
  for (const [index, text] of pages.entries()) {
    if (index + 1 < first) continue;
    const block = `[page ${index + 1}]\n${text.trim() === "" ? "(no text)" : text}`;
    const bytes = Buffer.byteLength(block) + 1;
    if (bytes > left) {
      if (blocks.length === 0) blocks.push(`${cut(block, left)}\n[the rest of this page is left out]`);
      break;
    }
    blocks.push(block);
    left -= bytes;
  }
  const last = first + blocks.length - 1;
  const head = `Pages ${first} to ${last} of ${pageCount}:`;
  const more = last < pages.length ? [`[\`parse_pdf <url> ${last + 1}\` shows the next pages]`] : [];
  const unread = pages.length < pageCount ? [`[only the first ${pagesText(pages.length)} can be read]`] : [];
  return [head, ...blocks, ...more, ...unread].join("\n");
}

function cut(text: string, bytesMax: number): string {
  return new TextDecoder("utf-8").decode(Buffer.from(text).subarray(0, bytesMax)).replace(/\uFFFD+$/, "");
}

function parseParsePdf(rest: string): z.infer<typeof parsePdfArguments> | string {
  const words = splitWords(rest);
  if (typeof words === "string") return words;
  const [url, page, ...others] = words;
  if (url === undefined || url === "" || others.length > 0) {
    return "`parse_pdf` takes a URL and, if you like, a page: `parse_pdf <url> [<page>]`.";
  }
  if (url.length > URL_CHARACTERS_MAX) return "That URL is too long.";
  if (page === undefined) return { url };
  if (!/^[1-9]\d{0,5}$/.test(page)) return `\`${page}\` is not a page; pages are counted from 1.`;
  return { url, page: Number(page) };
}
