// What a tool may reach outside its sandbox. The composition root makes it from the user's settings; a tool is given these narrow
// interfaces and never a socket, a key or a file of this machine.

/** A note that an agent may read. */
export interface FoundNote {
  readonly text: string;
  /** The task in which it was written down; null where a person wrote it. */
  readonly task: string | null;
}

/** Notes of earlier epochs, frozen: what is written down during a rollout is not among them. */
export interface FrozenMemory {
  readonly noteCount: number;
  /** The notes that bear on a query, nearest first, at most `most`. The same query always finds the same notes in the same order. */
  find(query: string, most: number): readonly FoundNote[];
}

/** Why something outside could not be had, in words for the agent. They hold no address and no key. */
export interface Refusal {
  readonly refused: string;
}

export interface Paper {
  readonly title: string;
  readonly authors: readonly string[];
  readonly year: number | null;
  readonly venue: string | null;
  readonly citationCount: number | null;
  readonly abstract: string | null;
  /** Where a copy lies that anybody may read; null where none is known. */
  readonly pdfUrl: string | null;
}

export interface PaperList {
  /** Papers that the service knows for the query, of which `papers` are the first. */
  readonly totalCount: number;
  readonly papers: readonly Paper[];
}

export interface PdfText {
  readonly pageCount: number;
  /** The text of the first pages, in order: fewer than `pageCount` where there are more than may be read. */
  readonly pages: readonly string[];
}

/** The web as far as the user's allow-list goes. Contract: throws only the signal's reason; all else that goes wrong is a refusal. */
export interface WebAccess {
  searchPapers(
    request: { readonly query: string; readonly most: number; readonly timeoutMs: number },
    signal: AbortSignal,
  ): Promise<PaperList | Refusal>;
  readPdf(
    request: { readonly url: string; readonly timeoutMs: number },
    signal: AbortSignal,
  ): Promise<PdfText | Refusal>;
}

export interface ToolHost {
  readonly memory: FrozenMemory;
  /** Null where the user's settings open no web. */
  readonly web: WebAccess | null;
  /** GPUs that the task asks for. */
  readonly gpuCount: number;
}

/** Nothing outside the sandbox. */
export const NO_HOST: ToolHost = {
  memory: { noteCount: 0, find: () => [] },
  web: null,
  gpuCount: 0,
};
