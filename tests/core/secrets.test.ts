import { describe, expect, it } from "vitest";
import { canBeSecret, hasCredentials, isSecretName } from "../../src/core/secretNames.ts";
import { createSecrets } from "../../src/core/secrets.ts";

const KEY = "k9Q-canary-2vX8";

describe("the secrets of a process", () => {
  it("are taken out from the moment they are told", () => {
    const secrets = createSecrets();
    expect(secrets.redact(`a ${KEY}`)).toBe(`a ${KEY}`);
    secrets.add("A", KEY);
    secrets.add("B", undefined);
    secrets.add("C", "short");
    expect(secrets.redact(`a ${KEY} short`)).toBe("a [redacted:A] short");
    expect(secrets.foundIn(Buffer.from(`x${KEY}`))).toBe("A");
  });

  it("are of an address its password, with and without its user, and not its host", () => {
    const secrets = createSecrets();
    secrets.add("HTTPS_PROXY", "http://me:p%40ssw0rd-9x@proxy.example:3128");
    expect(secrets.redact("via proxy.example:3128 as me:p%40ssw0rd-9x, p@ssw0rd-9x")).toBe(
      "via proxy.example:3128 as [redacted:HTTPS_PROXY], [redacted:HTTPS_PROXY]",
    );
  });

  it("leave a value alone that holds none, and hashes whatever they look like", () => {
    const secrets = createSecrets();
    secrets.add("PIN", "20261124");
    const hash = `${"20261124".repeat(8)}`;
    const value = { hash, at: 20_261_124, list: [1, 2], [hash]: null };
    expect(secrets.redactValue(value)).toBe(value);
    expect(secrets.redactValue({ ...value, deep: [{ text: "on 20261124" }], "20261124": 1 })).toEqual({
      ...value,
      deep: [{ text: "on [redacted:PIN]" }],
      "[redacted:PIN]": 1,
    });
  });
});

describe("variables that hold secrets", () => {
  it.each([
    "HF_TOKEN",
    "OPENAI_API_KEY",
    "npm_config__authToken",
    "DB_PASSWORD",
    "AWS_SECRET_ACCESS_KEY",
    "APIKEY",
  ])("%s is one by its name", (name) => expect(isSecretName(name)).toBe(true));

  it.each([
    "PATH",
    "TOKENIZERS_PARALLELISM",
    "SSH_AUTH_SOCK",
    "KEYBOARD",
    "MONKEY",
    "API_KEY_FILE",
    "AUTH_TYPE",
    "PWD",
  ])("%s is none", (name) => expect(isSecretName(name)).toBe(false));

  it.each(["true", "changeme", "/home/me/key.json", "12345678", "deadbeef", "aaaaaaaaaaaaaaaa"])(
    "the value %s is none",
    (value) => expect(canBeSecret(value)).toBe(false),
  );

  it("are known by the credentials in an address, whatever they are called", () => {
    expect(hasCredentials("https://u:p4ssword@index.example/simple")).toBe(true);
    expect(hasCredentials("https://index.example/simple")).toBe(false);
    expect(hasCredentials("git@example.com:a/b")).toBe(false);
  });
});
