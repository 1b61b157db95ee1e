// What a pipeline file says of the web: which hosts agents may read from, and where literature is searched. Left out, there is no web.
import { z } from "zod";
import { hostOf } from "./allowedUrl.ts";

/** Longest list of hosts. */
const HOSTS_MAX = 200;

const literatureSchema = z
  .strictObject({
    baseUrl: z
      .string()
      .superRefine((text, context) => {
        const fault = baseUrlFault(text);
        if (fault !== null) context.addIssue({ code: "custom", message: fault });
      })
      .default("https://api.semanticscholar.org/graph/v1")
      .describe("Base URL of Semantic Scholar's Graph API, or of a public service that speaks it."),
    keyEnv: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of an environment variable")
      .nullable()
      .default(null)
      .describe(
        "Environment variable with the key; null: none is sent, and the service's shared limits hold.",
      ),
    requestsPerSecond: z
      .number()
      .positive()
      .max(100)
      .default(1)
      .describe("Most requests a second of all rollouts of this process together."),
  })
  .refine(({ baseUrl, keyEnv }) => keyEnv === null || baseUrl.startsWith("https:"), {
    error: "must be an https URL where a key is sent to it",
    path: ["baseUrl"],
  });

/** What is wrong with a base URL; null where nothing is. */
function baseUrlFault(text: string): string | null {
  if (!URL.canParse(text) || !/^https?:/.test(text)) return "must be an http or https URL";
  const { host, username, password, search, hash } = new URL(text);
  if (hostOf(host) === null) return "must name its host by a public name, such as api.semanticscholar.org";
  return `${username}${password}${search}${hash}` === ""
    ? null
    : "must have no user name, no query and no fragment";
}

export const webSchema = z.strictObject({
  hosts: z
    .array(
      z.string().refine((text) => hostOf(text) === text, {
        error:
          "must be a host's name in lower case, such as `arxiv.org`, with `:port` only where it is not the usual one",
      }),
    )
    .max(HOSTS_MAX)
    .default(["arxiv.org", "export.arxiv.org"])
    .describe(
      "Hosts that `parse_pdf` may read from. Redirects to others, and whatever does not resolve to public addresses only, are refused.",
    ),
  literature: literatureSchema.prefault({}).describe("Where `literature_search` asks."),
  timeoutSeconds: z
    .number()
    .positive()
    .max(600)
    .default(60)
    .describe(
      "Most seconds of one search or one PDF, waiting and reading included; the limit of an action holds too.",
    ),
  pdfMegabytes: z.number().positive().max(200).default(20).describe("Largest PDF that is read."),
  pdfPages: z
    .int()
    .positive()
    .max(1_000)
    .default(60)
    .describe("Pages of a PDF that are read, from the first."),
  cacheDays: z
    .number()
    .nonnegative()
    .max(3_650)
    .default(30)
    .describe("Days for which answers are kept and used again by all runs on this machine; 0: none are."),
});
export type WebSettings = z.infer<typeof webSchema>;

/** What of the settings changes what an agent can see: part of the play hash of agents that reach the web. */
export function webIdentity({ hosts, literature, pdfMegabytes, pdfPages }: WebSettings) {
  return { hosts: [...hosts].sort(), baseUrl: literature.baseUrl, pdfMegabytes, pdfPages };
}
