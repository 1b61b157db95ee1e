// Splits the arguments of a one-line command into words, with quotes for what holds blanks. It expands nothing.

const WORD_COUNT_MAX = 64;

/**
 * The words of a line: blanks separate them, single and double quotes keep them together, and a backslash before a
 * quote or a backslash stands for that character inside double quotes. A string says what is wrong with the quoting.
 */
export function splitWords(line: string): readonly string[] | string {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let i = 0; i < line.length; i++) {
    const char = line.charAt(i);
    if (quote !== null) {
      if (char === quote) quote = null;
      else if (quote === '"' && char === "\\" && /["\\]/.test(line.charAt(i + 1))) word += line.charAt(++i);
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= "";
    } else if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else {
      word = (word ?? "") + char;
    }
    if (words.length > WORD_COUNT_MAX)
      return `There are more than ${WORD_COUNT_MAX} words after the command.`;
  }
  if (quote !== null) return `A quotation mark ${quote} is opened and never closed.`;
  if (word !== null) words.push(word);
  return words;
}
