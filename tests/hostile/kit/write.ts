// How an agent writes a file in the shell, so that whoever reads the action can read the file.

/** A here-document that nothing is expanded in. The text ends with a line break, as files do. */
export function write(file: string, text: string): string {
  return `cat > ${file} <<'END_OF_FILE'\n${text.endsWith("\n") ? text : `${text}\n`}END_OF_FILE`;
}

/** Bytes of any kind, as base64. */
export function writeBytes(file: string, data: Uint8Array): string {
  return `base64 -d > ${file} <<'END_OF_FILE'\n${Buffer.from(data)
    .toString("base64")
    .replaceAll(/(.{76})/g, "$1\n")}\nEND_OF_FILE`;
}

/** A row player of battle-of-sexes that plays 1 for ever: 0.82, worse than the starter, so that whatever an attack earns shows. */
export const MODEST = "def row_strategy(history):\n    return 1\n";
