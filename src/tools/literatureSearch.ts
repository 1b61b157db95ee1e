// `literature_search`: finds papers by words, through the service that the user has set up. Off unless the user opens the web.
import { z } from "zod";
import { NO_HOST, type Paper } from "../core/host.ts";
import type { Tool } from "../core/tool.ts";
import { refused, said } from "./result.ts";
import { splitWords } from "./words.ts";

const QUERY_CHARACTERS_MAX = 300;
const PAPERS_MAX = 20;
const PAPERS_DEFAULT = 5;
const ABSTRACT_CHARACTERS_MAX = 1_200;
/** Room for what else is said of a paper, in the share of the answer that each has. */
const FACTS_BYTES = 400;
const AUTHORS_SHOWN_MAX = 4;

const literatureSearchArguments = z.strictObject({
  query: z
    .string()
    .max(QUERY_CHARACTERS_MAX)
    .refine((text) => text.trim() !== "", "the query is empty"),
  most: z.int().min(1).max(PAPERS_MAX).optional(),
});

export const literatureSearchTool: Tool<typeof literatureSearchArguments> = {
  name: "literature_search",
  signature: "literature_search <query> [<most>]",
  description:
    `Finds papers by words, and lists up to ${PAPERS_DEFAULT} (or as many as a number at the end says, at most ${PAPERS_MAX}) ` +
    "with their abstracts and where a PDF lies. Put a query of several words in quotes.",
  arguments: literatureSearchArguments,
  native: {
    description: "Finds papers by words, and lists them with their abstracts and where a PDF lies.",
    arguments: {
      query: "Words to look for.",
      most: `Papers to list, at most ${PAPERS_MAX}; left out: ${PAPERS_DEFAULT}.`,
    },
  },
  endMarker: null,
  parseText: parseLiteratureSearch,
  replay: "record",
  repeatable: true,
  async run({ query, most = PAPERS_DEFAULT }, context) {
    const { state, host = NO_HOST, actionTimeoutMs, outputBytesMax, signal } = context;
    if (host.web === null) return refused("There is no literature search here.", state);
    const found = await host.web.searchPapers({ query, most, timeoutMs: actionTimeoutMs }, signal);
    if ("refused" in found) return refused(found.refused, state);
    const { papers, totalCount } = found;
    if (papers.length === 0) return said(`No paper was found for "${query}".`, state);
    const head = `${papers.length} of ${totalCount} papers for "${query}":`;
    const share = Math.max(0, Math.floor(outputBytesMax / papers.length) - FACTS_BYTES);
    const shown = papers.map((paper, index) =>
      paperText(paper, index, Math.min(ABSTRACT_CHARACTERS_MAX, share)),
    );
    return said([head, ...shown].join("\n\n"), state);
  },
};

function paperText(paper: Paper, index: number, abstractCharactersMax: number): string {
  const { title, authors, year, venue, citationCount, abstract, pdfUrl } = paper;
  const shown = authors.slice(0, AUTHORS_SHOWN_MAX).join(", ");
  const by =
    authors.length > AUTHORS_SHOWN_MAX ? `${shown} and ${authors.length - AUTHORS_SHOWN_MAX} more` : shown;
  const facts = [
    by,
    year === null ? "" : String(year),
    venue ?? "",
    citationCount === null ? "" : `cited ${citationCount} times`,
  ];
  const text = abstract ?? "";
  const isLong = text.length > abstractCharactersMax;
  return [
    `${index + 1}. ${title}`,
    facts.filter((fact) => fact !== "").join("; "),
    isLong ? `${text.slice(0, abstractCharactersMax)} …` : text,
    pdfUrl === null ? "" : `PDF: ${pdfUrl}`,
  ]
    .filter((line) => line !== "")
    .join("\n");
}

function parseLiteratureSearch(rest: string): z.infer<typeof literatureSearchArguments> | string {
  const words = splitWords(rest);
  if (typeof words === "string") return words;
  const last = words.at(-1) ?? "";
  const most = words.length > 1 && /^\d{1,3}$/.test(last) ? Number(last) : undefined;
  // A year at the end of an unquoted query has four digits and stays part of it.
  const query = (most === undefined ? words : words.slice(0, -1)).join(" ");
  if (query.trim() === "") {
    return '`literature_search` takes a query and, if you like, a number of papers: `literature_search "two words" 5`.';
  }
  if (most !== undefined && (most < 1 || most > PAPERS_MAX)) {
    return `\`${last}\` papers cannot be listed: ask for 1 to ${PAPERS_MAX}. Put a query that ends with a number in quotes.`;
  }
  const args = literatureSearchArguments.safeParse(most === undefined ? { query } : { query, most });
  return args.success ? args.data : `The query is longer than ${QUERY_CHARACTERS_MAX} characters.`;
}
