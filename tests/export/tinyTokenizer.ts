// A tokenizer small enough to read: bytes, a few merges, and the special tokens of ChatML. Written where a test wants it, with the chat
// template that it is given.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The mapping of bytes to printable characters that byte-level BPE has used since GPT-2. */
function byteCharacters(): string[] {
  const printable = [...range(33, 126), ...range(161, 172), ...range(174, 255)];
  let next = 256;
  return range(0, 255).map((byte) => String.fromCodePoint(printable.includes(byte) ? byte : next++));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

const MERGES = ["l s", "o u", "ou t", "t r", "tr a", "i n", "tra in"];
const SPECIAL = ["<|im_start|>", "<|im_end|>", "<|end|>"];

/** ChatML that marks what the model says. */
export const MARKED_TEMPLATE = [
  "{%- for message in messages -%}",
  "{{ '<|im_start|>' + message.role + '\\n' }}",
  "{%- if message.role == 'assistant' -%}",
  "{%- generation -%}{{ message.content + '<|im_end|>' }}{%- endgeneration -%}",
  "{%- else -%}{{ message.content + '<|im_end|>' }}{%- endif -%}",
  "{{ '\\n' }}",
  "{%- endfor -%}",
  "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}",
].join("");

/** The same without marks. */
export const UNMARKED_TEMPLATE = MARKED_TEMPLATE.replaceAll(/\{%- (?:end)?generation -%\}/g, "");

/** Writes tokenizer.json, tokenizer_config.json and chat_template.jinja. */
export async function writeTinyTokenizer(dir: string, template: string): Promise<string> {
  const bytes = byteCharacters();
  const tokens = [...bytes, ...MERGES.map((merge) => merge.replace(" ", ""))];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const added = SPECIAL.map((content, index) => ({
    id: tokens.length + index,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  const tokenizer = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: { type: "BPE", dropout: null, unk_token: null, vocab, merges: MERGES },
  };
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "tokenizer.json"), JSON.stringify(tokenizer));
  await writeFile(
    join(dir, "tokenizer_config.json"),
    JSON.stringify({ tokenizer_class: "PreTrainedTokenizerFast", eos_token: "<|im_end|>" }),
  );
  await writeFile(join(dir, "chat_template.jinja"), template);
  return dir;
}

/** Whether the packages that read it are installed; tests that need them say so where they are not. */
export async function canTokenize(): Promise<boolean> {
  const names = ["@huggingface/tokenizers", "@huggingface/jinja"];
  const loaded = await Promise.allSettled(names.map((name) => import(name)));
  return loaded.every(({ status }) => status === "fulfilled");
}
