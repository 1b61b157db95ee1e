// PDFs made for tests: plain ones with a line a page, and hostile ones. Written by hand (PDF 1.4), so that nothing is hidden in a fixture.
import { constants, deflateRawSync, deflateSync } from "node:zlib";

/** A PDF with one line of text on each page. */
export function smallPdf(lines: readonly string[]): Buffer {
  return pdfOf(lines.map((line) => streamOf(Buffer.from(`BT /F1 24 Tf 72 700 Td (${line}) Tj ET`))));
}

/** A PDF whose one page is `megabytes` of blanks, compressed twice to a few thousand bytes: one compressed megabyte, over and over. */
export function bombPdf(megabytes: number): Buffer {
  const blanks = Buffer.alloc(1024 * 1024, " ");
  const block = deflateRawSync(blanks, { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  const once = Buffer.concat([
    Buffer.from([0x78, 0xda]),
    ...Array<Buffer>(megabytes).fill(block),
    Buffer.from([0x03, 0x00]),
  ]);
  return pdfOf([streamOf(deflateSync(once, { level: 9 }), "/Filter [/FlateDecode /FlateDecode]")]);
}

/** A PDF whose page tree is its own child. */
export function circularPdf(): Buffer {
  const text = smallPdf(["x"]).toString("latin1");
  return Buffer.from(text.replace("/Kids [ 4 0 R ]", "/Kids [ 2 0 R ]"), "latin1");
}

/** A PDF that calls itself a million pages long, on one page object. */
export function manyPagesPdf(): Buffer {
  return Buffer.from(smallPdf(["x"]).toString("latin1").replace("/Count 1 ", "/Count 1000000 "), "latin1");
}

/** A PDF whose page takes forever: a form that draws itself twice, deeper and deeper. */
export function recursivePdf(): Buffer {
  const draw = streamOf(
    Buffer.from("/X Do /X Do"),
    "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 5 0 R >> >>",
  );
  return pdfOf([draw], "/XObject << /X 5 0 R >>");
}

function streamOf(data: Buffer, entries = ""): Buffer {
  return Buffer.concat([
    Buffer.from(`<< ${entries} /Length ${data.length} >>\nstream\n`),
    data,
    Buffer.from("\nendstream"),
  ]);
}

/** Objects 1 to 3 are catalogue, page tree and font; then each page with its content. */
function pdfOf(contents: readonly Buffer[], resources = ""): Buffer {
  const kids = contents.map((_, index) => `${4 + 2 * index} 0 R`).join(" ");
  const objects: (string | Buffer)[] = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Kids [ ${kids} ] /Count ${contents.length} >>`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  for (const [index, content] of contents.entries()) {
    const used = `/Resources << /Font << /F1 3 0 R >> ${resources} >>`;
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents ${5 + 2 * index} 0 R ${used} >>`,
    );
    objects.push(content);
  }
  let file = Buffer.from("%PDF-1.4\n");
  const offsets = objects.map((object, index) => {
    const at = file.length;
    file = Buffer.concat([
      file,
      Buffer.from(`${index + 1} 0 obj\n`),
      Buffer.from(object),
      Buffer.from("\nendobj\n"),
    ]);
    return at;
  });
  const table = offsets.map((at) => `${String(at).padStart(10, "0")} 00000 n \n`).join("");
  const size = objects.length + 1;
  const tail = `xref\n0 ${size}\n0000000000 65535 f \n${table}trailer << /Size ${size} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
  return Buffer.concat([file, Buffer.from(tail)]);
}
