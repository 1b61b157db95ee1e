// The program of a process of its own: reads a PDF from its standard input and writes the text of its first pages, a line of JSON each,
// after a line with their number. It may read the library's files and nothing else, and whoever started it kills it.

/** What of unpdf (PDF.js without a browser) is used here; the module is named on the command line, and loaded when the PDF is there. */
interface Library {
  getDocumentProxy(data: Uint8Array, options: object): Promise<Pdf>;
}
interface Pdf {
  readonly numPages: number;
  getPage(number: number): Promise<Page>;
}
interface Page {
  getTextContent(): Promise<{ readonly items: readonly object[] }>;
  cleanup(): unknown;
}

const [libraryUrl = "", pagesMax = "", charactersMax = ""] = process.argv.slice(2);
await readPdf(libraryUrl, Number(pagesMax), Number(charactersMax));

async function readPdf(url: string, pageCountMax: number, charsMax: number): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  const library: unknown = await import(url);
  if (!isLibrary(library)) throw new TypeError(`${url} has no function getDocumentProxy`);
  const pdf = await library.getDocumentProxy(new Uint8Array(Buffer.concat(chunks)), {
    useSystemFonts: false,
    disableFontFace: true,
    isEvalSupported: false,
    useWasm: false,
    maxImageSize: 0,
    verbosity: 0,
  });
  say({ pageCount: pdf.numPages });
  let left = charsMax;
  for (let number = 1; number <= Math.min(pdf.numPages, pageCountMax) && left > 0; number++) {
    const text = await textOf(pdf, number);
    say({ text: text.slice(0, left) });
    left -= text.length;
  }
}

/** A page that cannot be read does not take the others with it. */
async function textOf(pdf: Pdf, number: number): Promise<string> {
  try {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent();
    const text = items.map((item) =>
      "str" in item ? `${item.str}${"hasEOL" in item && item.hasEOL ? "\n" : ""}` : "",
    );
    page.cleanup();
    return text.join("");
  } catch {
    return "";
  }
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function isLibrary(module: unknown): module is Library {
  return (
    typeof module === "object" &&
    module !== null &&
    "getDocumentProxy" in module &&
    typeof module.getDocumentProxy === "function"
  );
}
