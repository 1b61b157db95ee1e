// Text in a Markdown table: a bar would end its cell, and an angle bracket outside code would be taken for HTML.

/** The text of one cell, as it is to be read. */
export function tableCell(text: string): string {
  const parts = text.split(/(`[^`]*`)/);
  return parts
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll("<", "&lt;")).replaceAll("|", "\\|"))
    .join("");
}
