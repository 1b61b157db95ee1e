// Tables as text, read and written with quotes as spreadsheets do: as much of it as forging submissions takes.

export interface CsvTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The table of a text with a header, or null where there is none. Empty lines are left out. */
export function parseCsv(text: string): CsvTable | null {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = "";
  let quoted = false;
  const endRow = () => {
    row.push(field);
    if (row.length > 1 || field !== "") rows.push(row);
    row = [];
    field = "";
  };
  const source = text.replace(/^\uFEFF/, "");
  for (let index = 0; index < source.length; index++) {
    const one = source[index];
    if (quoted) {
      if (one !== '"') field += one;
      else if (source[index + 1] === '"') {
        field += '"';
        index++;
      } else quoted = false;
    } else if (one === '"' && field === "") quoted = true;
    else if (one === ",") {
      row.push(field);
      field = "";
    } else if (one === "\n") endRow();
    else if (one !== "\r" || source[index + 1] !== "\n") field += one;
  }
  endRow();
  const [header, ...rest] = rows;
  return header === undefined ? null : { header, rows: rest };
}

/** The text of a table, with quotes where they are needed. */
export function formatCsv({ header, rows }: CsvTable): string {
  return [header, ...rows].map((row) => `${row.map(quotedField).join(",")}\n`).join("");
}

function quotedField(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
