// Opens a folder as models come in (tokenizer.json, tokenizer_config.json, chat_template.jinja) with the packages
// @huggingface/tokenizers and @huggingface/jinja, which are loaded only where somebody tokenises.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { errorText, UserError } from "../core/errors.ts";
import { sha256 } from "../core/hash.ts";
import { type ChatTemplate, chatTemplate, type ReadTemplate } from "./chatTemplate.ts";
import type { ChatTokenizer } from "./chatTokenizer.ts";

const PACKAGES = ["@huggingface/tokenizers", "@huggingface/jinja"] as const;

const constructorSchema = z.custom<new (...values: unknown[]) => unknown>(
  (value) => typeof value === "function",
);
const tokenizersSchema = z.object({ Tokenizer: constructorSchema });
const jinjaSchema = z.object({ Template: constructorSchema });
const encodingSchema = z.object({ ids: z.array(z.int()) });
/** What is used of a tokenizer and of a template: methods that want their own object. */
interface Engine {
  encode(text: string, options: object): unknown;
  decode(ids: number[], options: object): unknown;
}
interface Template {
  render(variables: object): unknown;
}
const engineSchema = z.custom<Engine>((value) => hasMethods(value, ["encode", "decode"]));
const templateSchema = z.custom<Template>((value) => hasMethods(value, ["render"]));

function hasMethods(value: unknown, names: readonly string[]): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    names.every((name) => typeof Reflect.get(value, name) === "function")
  );
}

/** A special token stands as its text, or as an object with it. */
const tokenSchema = z
  .union([z.string(), z.object({ content: z.string() })])
  .transform((token) => (typeof token === "string" ? token : token.content));
const configSchema = z.looseObject({
  chat_template: z
    .union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))])
    .nullish(),
  bos_token: tokenSchema.nullish(),
  eos_token: tokenSchema.nullish(),
  pad_token: tokenSchema.nullish(),
  unk_token: tokenSchema.nullish(),
});

const DECODE_OPTIONS = { skip_special_tokens: false, clean_up_tokenization_spaces: false };

/** Throws a UserError where the folder lacks a file, one cannot be read, or the packages are not installed. */
export async function openChatTokenizer(dir: string): Promise<ChatTokenizer> {
  const tokenizerText = await readText(dir, "tokenizer.json");
  if (tokenizerText === null) {
    throw new UserError(
      `${join(dir, "tokenizer.json")} is not there; --tokenizer takes a folder as models come in, with tokenizer.json, tokenizer_config.json and a chat template`,
    );
  }
  const configText = (await readText(dir, "tokenizer_config.json")) ?? "{}";
  const config = parsed(dir, "tokenizer_config.json", configText, configSchema);
  const templateText = (await readText(dir, "chat_template.jinja")) ?? templateIn(config);
  if (templateText === null) {
    throw new UserError(
      `${dir} has no chat template: neither chat_template.jinja nor \`chat_template\` in tokenizer_config.json; put one there`,
    );
  }
  const [tokenizers, jinja] = await loadPackages();
  const engine = within(dir, "tokenizer.json", () => {
    const model = parsed(dir, "tokenizer.json", tokenizerText, z.looseObject({}));
    return engineSchema.parse(new tokenizers.Tokenizer(model, config));
  });
  const read: ReadTemplate = (text) => {
    const template = templateSchema.parse(new jinja.Template(text));
    return (variables) => z.string().parse(template.render(variables));
  };
  const { bos_token, eos_token, pad_token, unk_token } = config;
  const variables = {
    bos_token: bos_token ?? "",
    eos_token: eos_token ?? "",
    pad_token: pad_token ?? "",
    unk_token: unk_token ?? "",
  };
  const template: ChatTemplate = within(dir, "its chat template", () =>
    chatTemplate(templateText, read, variables, eos_token ?? null),
  );
  return {
    tokenizerSha256: sha256(tokenizerText),
    templateSha256: sha256(templateText),
    masking: template.masking,
    render: template.render,
    encode: (text) => encodingSchema.parse(engine.encode(text, { add_special_tokens: false })).ids,
    decode: (ids) => {
      try {
        return z.string().parse(engine.decode([...ids], DECODE_OPTIONS));
      } catch {
        return null;
      }
    },
  };
}

function templateIn({ chat_template: template }: z.infer<typeof configSchema>): string | null {
  if (template === undefined || template === null) return null;
  if (typeof template === "string") return template;
  const chosen = template.find(({ name }) => name === "default") ?? template[0];
  return chosen?.template ?? null;
}

async function loadPackages() {
  const [tokenizers, jinja] = PACKAGES;
  try {
    return [
      tokenizersSchema.parse(await import(tokenizers)),
      jinjaSchema.parse(await import(jinja)),
    ] as const;
  } catch (error) {
    throw new UserError(
      `tokenising needs the packages ${PACKAGES.join(" and ")}; \`npm install\` brings them (${errorText(error)})`,
      {
        cause: error,
      },
    );
  }
}

function within<T>(dir: string, what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `${dir}: ${what} cannot be used (${errorText(error)}); take the files of a model that \`transformers\` loads`,
      {
        cause: error,
      },
    );
  }
}

function parsed<T>(dir: string, name: string, text: string, schema: z.ZodType<T>): T {
  return within(dir, name, () => schema.parse(JSON.parse(text)));
}

async function readText(dir: string, name: string): Promise<string | null> {
  return readFile(join(dir, name), "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw new UserError(`${join(dir, name)} cannot be read: ${errorText(error)}`, { cause: error });
  });
}
