import { createHash, randomBytes, randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { prng } from "../../src/core/prng.ts";
import { suspectedSecrets } from "../../src/core/secretShapes.ts";

const dice = prng(20_261_124);
const LETTERS = "abcdefghijkmnopqrsuvwyzABCDEFGHIJKLMNOPQRSUVWYZ";
const pick = (alphabet: string, length: number) =>
  Array.from({ length }, () => alphabet[dice.below(alphabet.length)]).join("");
/** Letters and digits as a generator of keys draws them; no t and x, so that no word for an example comes up. */
const random = (length: number) => `${pick(LETTERS, length - 4)}7K9q`;
const base64url = (length: number) => `${random(length - 2)}-_`;
const jwt = `eyJhbGciOiJIUzI1NiJ9.eyJ${random(40)}.${random(43)}`;

const SECRETS: readonly (readonly [kind: string, text: string])[] = [
  ["aws-access-key", `AKIA${pick("BCDEFGHJKLMNPQRS34567", 16)}`],
  ["google-api-key", `"key": "AIza${random(35)}"`],
  ["openai-key", `export OPENAI_API_KEY=sk-proj-${random(48)}`],
  ["openai-key", `sk-${random(48)}`],
  ["anthropic-key", `sk-ant-api03-${base64url(90)}`],
  ["github-token", `git clone https://ghp_${random(36)}@github.com/a/b`],
  ["gitlab-token", `glpat-${random(20)}`],
  ["huggingface-token", `login(token="hf_${random(34)}")`],
  ["slack-token", `xoxb-2048731-${random(24)}`],
  ["slack-webhook", `https://hooks.slack.com/services/T0AB/B0CD/${random(24)}`],
  ["stripe-key", `sk_live_${random(24)}`],
  ["npm-token", `//packages.example/:_authToken=npm_${random(36)}`],
  ["pypi-token", `pypi-AgEI${random(80)}`],
  ["wandb-key", `WANDB_API_KEY=${createHash("sha1").update("a").digest("hex")}`],
  ["private-key", `-----BEGIN RSA PRIVATE KEY-----\n${random(64)}\n`],
  ["private-key", `{"private_key": "-----BEGIN PRIVATE KEY-----\\n${random(64)}\\n"}`],
  ["jwt", `Cookie: session=${jwt}`],
  ["password-in-address", "postgres://app:h0rse-battery@db.internal:5432/prod"],
  ["bearer-token", `curl -H "Authorization: Bearer ${random(40)}" x`],
  ["assigned-secret", `DB_PASSWORD="${random(24)}"`],
  ["assigned-secret", `client_secret: ${random(32)}`],
];

const INNOCENT: readonly (readonly [what: string, text: string])[] = [
  ["a hash after a name", `token: ${createHash("sha256").update("x").digest("hex")}`],
  ["a UUID", `api_key=${randomUUID()} session ${randomUUID()}`],
  ["an image in base64", `data:image/png;base64,${randomBytes(3000).toString("base64")}`],
  ["base64 in a listing", randomBytes(6000).toString("base64")],
  ["hexadecimal bytes", randomBytes(3000).toString("hex")],
  ["tokenizers", "tokenizer = AutoTokenizer.from_pretrained('bert-base-uncased'); tokens = tokenizer(text)"],
  [
    "a special token",
    "pad_token=tokenizer.eos_token, token: <|endoftext|>, token = self.tokenizer.pad_token_id",
  ],
  ["a package", "sk-learn sk-learn-contrib-hyperparameter-optimisation-tools scikit-learn"],
  ["a class of CSS", "sk-toggleable__label-arrow sk-estimator-doc-link-fitted-container-wide"],
  ["a hub's class", "hf_hub_download hf_transfer_enabled_for_large_files hf_bucket_url_for_models"],
  [
    "code that reads a key",
    "api_key = os.environ['OPENAI_API_KEY']; key = jax.random.PRNGKey(0); key: params_rng",
  ],
  [
    "a random key of JAX",
    "key, subkey = jax.random.split(key); secret_key=jax.random.fold_in(key, 1234567890123)",
  ],
  ["a placeholder", "OPENAI_API_KEY=sk-your-key-goes-here-0123456789-0123456789-abcdef"],
  ["a placeholder in an address", "postgres://user:password@localhost/db https://user:YOURPASS@example.org"],
  ["a shell variable in an address", `https://oauth:$\{GIT_TOKEN}@github.com/a/b http://me:$PASSWORD@host/`],
  ["a public key", "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n"],
  ["a lock file", `"integrity": "sha512-${randomBytes(64).toString("base64")}"`],
  ["a slice in Python", "tokens[a:b]@weights; x://y z:w@v"],
  ["a mark of ours", "echo [redacted:OPENAI_API_KEY]; password=[redacted:DB_PASSWORD]"],
  ["a long name", "secret_key = SomeVeryLongClassNameForTesting2Things"],
];

describe("what looks like a secret", () => {
  it.each(SECRETS)("%s is suspected", (kind, text) => {
    const found = suspectedSecrets(`Some words before.\n${text}\nand after.`);
    expect(found.map((one) => one.kind)).toContain(kind);
    // The evidence gives four characters away at most.
    const shown = found.map(({ evidence }) => evidence).join(" ");
    for (const word of text.split(/[^A-Za-z0-9]+/).filter((part) => part.length > 12))
      expect(shown).not.toContain(word);
  });

  it.each(INNOCENT)("%s is not", (_, text) => {
    expect(suspectedSecrets(text)).toEqual([]);
  });

  it("is not found in random bytes, however they are written", () => {
    for (const encoding of ["hex", "base64", "base64url"] as const) {
      expect(suspectedSecrets(randomBytes(500_000).toString(encoding))).toEqual([]);
    }
  });

  it("is bounded, however much of it there is", () => {
    const many = Array.from({ length: 200 }, () => `ghp_${random(36)}`).join("\n");
    expect(suspectedSecrets(many)).toHaveLength(16);
  });

  // A pattern whose time grew with the square of the text would not come back from these.
  it.each(["sk-", "://a:", "token=", "eyJ", "authorization: bearer ", "-----BEGIN "])(
    "is looked for in time, also where %s stands again and again",
    (piece) => {
      expect(suspectedSecrets(piece.repeat(100_000))).toEqual([]);
    },
  );
});
