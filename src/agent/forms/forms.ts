// The forms of the text scaffolds, written out.
import { fencedForm } from "./fenced.ts";
import { jsonForm } from "./json.ts";
import { lastBlockForm } from "./lastBlock.ts";
import type { TextForm } from "./textForm.ts";
import { xmlForm } from "./xml.ts";

export const TEXT_FORMS: { readonly [Name in TextForm["name"]]: TextForm } = {
  fenced: fencedForm,
  lastBlock: lastBlockForm,
  xml: xmlForm,
  json: jsonForm,
};
