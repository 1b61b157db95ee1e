// What looks like a secret, by its format: keys of known services, private keys, tokens, passwords in addresses, and assignments of random
// values to names that say so. It is a suspicion: nothing is ever rewritten because of it.

/** A suspicion. The evidence shows the first four characters and the length, never the rest. */
export interface SuspectedSecret {
  readonly kind: string;
  readonly evidence: string;
}

interface Shape {
  readonly kind: string;
  /** A text without any of these literal words is passed over: most are. */
  readonly hints: readonly string[];
  /** Global; the last group is the secret itself. */
  readonly pattern: RegExp;
  /** Left out: whatever fits the pattern and stands for no example is one. */
  readonly isOne?: (secret: string) => boolean;
}

const TEXT_CHARS_MAX = 4_000_000;
const FOUND_MAX = 16;
const SHOWN_CHARS = 4;
const DISTINCT_CHARS_MIN = 8;
/** Bits a character: random letters and digits have more at these lengths, words and hexadecimal less. */
const ENTROPY_BITS_MIN = 3.5;
/** Words that stand in documentation where a key belongs. */
const PLACEHOLDER =
  /example|sample|dummy|placeholder|your|changeme|redacted|test|fake|xxxx|1234|abcd|\.\.\.|<|\*\*|\$\{|\{\{/i;

const SHAPES: readonly Shape[] = [
  { kind: "aws-access-key", hints: ["AKIA", "ASIA"], pattern: /\b((?:AKIA|ASIA)[A-Z2-7]{16})\b/g },
  { kind: "google-api-key", hints: ["AIza"], pattern: /\b(AIza[\w-]{35})(?![\w-])/g },
  { kind: "anthropic-key", hints: ["sk-ant-"], pattern: /\b(sk-ant-[a-z0-9]+-[\w-]{24,200})(?![\w-])/g },
  {
    kind: "openai-key",
    hints: ["sk-"],
    pattern: /\b(sk-(?!ant-)(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{32,200})(?![\w-])/g,
    isOne: isMixed,
  },
  {
    kind: "github-token",
    hints: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
    pattern: /\b(gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{36,255})\b/g,
  },
  { kind: "gitlab-token", hints: ["glpat-"], pattern: /\b(glpat-[\w-]{20,64})(?![\w-])/g, isOne: isMixed },
  { kind: "huggingface-token", hints: ["hf_"], pattern: /\b(hf_[A-Za-z0-9]{30,64})\b/g, isOne: isMixed },
  { kind: "slack-token", hints: ["xox"], pattern: /\b(xox[abeoprs]-[A-Za-z0-9-]{20,250})(?![\w-])/g },
  {
    kind: "slack-webhook",
    hints: ["hooks.slack.com/services/"],
    pattern: /hooks\.slack\.com\/services\/([A-Z0-9]+\/[A-Z0-9]+\/[A-Za-z0-9]{16,})\b/g,
  },
  {
    kind: "discord-webhook",
    hints: ["/api/webhooks/"],
    pattern: /discord(?:app)?\.com\/api\/webhooks\/(\d+\/[\w-]{40,})/g,
  },
  { kind: "stripe-key", hints: ["k_live_"], pattern: /\b([rs]k_live_[A-Za-z0-9]{20,200})\b/g },
  { kind: "npm-token", hints: ["npm_"], pattern: /\b(npm_[A-Za-z0-9]{36})\b/g, isOne: isMixed },
  { kind: "pypi-token", hints: ["pypi-AgEI"], pattern: /\b(pypi-AgEI[\w-]{50,400})(?![\w-])/g },
  { kind: "sendgrid-key", hints: ["SG."], pattern: /\b(SG\.[\w-]{20,24}\.[\w-]{40,50})(?![\w-])/g },
  {
    kind: "wandb-key",
    hints: ["WANDB_API_KEY"],
    pattern: /WANDB_API_KEY["']?\s{0,4}[:=]\s{0,4}["']?([0-9a-f]{40})\b/g,
    isOne: (secret) => new Set(secret).size >= DISTINCT_CHARS_MIN,
  },
  {
    kind: "private-key",
    hints: ["PRIVATE KEY-----"],
    pattern: /-----BEGIN (?:[A-Z]+ ){0,2}PRIVATE KEY-----(?:\s|\\n){0,8}([A-Za-z0-9+/=]{32,})/g,
  },
  {
    kind: "jwt",
    hints: ["eyJ"],
    pattern: /\b(eyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{20,1000})(?![\w-])/g,
  },
  {
    kind: "password-in-address",
    hints: ["://"],
    pattern: /:\/\/[^\s/?#:@"'`<>(){}[\]]{1,80}:([^\s/?#:@"'`<>(){}[\]]{6,80})@[A-Za-z0-9[]/g,
    isOne: (secret) =>
      !PLACEHOLDER.test(secret) && !/^(?:%[sr]|\$\w+|password|passwd|secret|token)$/i.test(secret),
  },
  {
    kind: "bearer-token",
    hints: ["earer ", "EARER "],
    pattern: /authorization["']?\s{0,4}[:=]\s{0,4}["']?bearer\s{1,4}([\w.~+/-]{20,400}=*)/gi,
    isOne: isRandom,
  },
  {
    kind: "assigned-secret",
    hints: [
      "key",
      "KEY",
      "Key",
      "oken",
      "OKEN",
      "ecret",
      "ECRET",
      "assw",
      "ASSW",
      "passphrase",
      "PASSPHRASE",
    ],
    pattern:
      /(?:api_?key|secret(?:_?key)?|access_?key|private_?key|token|passw(?:or)?d|passphrase)["']?\s{0,4}(?:=>|:=|=|:)\s{0,4}["']?([A-Za-z0-9_+/=.-]{20,200})(?![\w+/=.(-])/gi,
    isOne: isRandom,
  },
];

/** What looks like a secret in a text, in the order of the shapes, at most 16; the first four million characters are looked at. */
export function suspectedSecrets(text: string): readonly SuspectedSecret[] {
  const looked = text.length > TEXT_CHARS_MAX ? text.slice(0, TEXT_CHARS_MAX) : text;
  const found = new Map<string, SuspectedSecret>();
  for (const { kind, hints, pattern, isOne = isNoPlaceholder } of SHAPES) {
    if (!hints.some((hint) => looked.includes(hint))) continue;
    for (const match of looked.matchAll(pattern)) {
      const secret = match.at(-1)?.trim() ?? "";
      if (!isOne(secret) || found.has(secret)) continue;
      found.set(secret, { kind, evidence: masked(kind, secret) });
      if (found.size === FOUND_MAX) return [...found.values()];
    }
  }
  return [...found.values()];
}

/** `openai-key sk-p… (51 characters)`. */
function masked(kind: string, secret: string): string {
  const shown = kind === "private-key" || kind === "password-in-address" ? "" : secret.slice(0, SHOWN_CHARS);
  return `${kind} ${shown}… (${secret.length} characters)`;
}

function isNoPlaceholder(secret: string): boolean {
  return !PLACEHOLDER.test(secret) && new Set(secret).size >= DISTINCT_CHARS_MIN;
}

/** Letters of both cases or letters and digits, as a key has and a name with dashes has not. */
function isMixed(secret: string): boolean {
  return (
    isNoPlaceholder(secret) &&
    /[0-9]/.test(secret) &&
    /[A-Za-z]/.test(secret.replace(/^[a-z]+[-_]/, "")) &&
    isDense(secret)
  );
}

/** Random beyond doubt: digits, capitals and small letters, no words, no hash and no UUID, as evenly spread as chance would. */
function isRandom(secret: string): boolean {
  if (!isNoPlaceholder(secret)) return false;
  if (/^[0-9a-f]+$/i.test(secret) || /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(secret))
    return false;
  const kinds = [/[0-9]/, /[a-z]/, /[A-Z]/].filter((kind) => kind.test(secret)).length;
  return kinds === 3 && isDense(secret) && entropyBits(secret) >= ENTROPY_BITS_MIN;
}

/** No run of eight letters that could be a word, and no dotted or dashed name. */
function isDense(secret: string): boolean {
  const words = secret.split(/[^A-Za-z0-9]+/);
  return words.some((word) => word.length >= 16 && !/^[A-Z]?[a-z]+(?:[A-Z][a-z]+)*\d*$/.test(word));
}

/** Shannon's entropy of the characters, bits each. */
function entropyBits(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
