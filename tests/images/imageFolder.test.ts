// Image folders: what names an image, what it stands on, and one sentence for each that cannot be built.
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { layOutContext, passedArguments } from "../../src/images/buildSettings.ts";
import { inOrder, readImageFolders } from "../../src/images/imageFolder.ts";

const PLAIN = "ARG BASE=debian:bookworm-slim\nFROM $BASE\nRUN true\n";
let root = "";

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "nightshift-images-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function put(name: string, dockerfile: string, more: Readonly<Record<string, string>> = {}) {
  await mkdir(path.join(root, name), { recursive: true });
  for (const [file, text] of Object.entries({ Dockerfile: dockerfile, ...more })) {
    await writeFile(path.join(root, name, file), text);
  }
}

const hashOfImage = async (name: string) => (await readImageFolders([root])).get(name)?.hash;

describe("an image's folder", () => {
  it("is named by its bytes and by those of what it stands on", async () => {
    await put("lower", PLAIN, { "packages.txt": "numpy\n" });
    await put("upper", "ARG BASE=nightshift/lower:latest\nFROM $BASE\n");
    const [lower, upper] = [await hashOfImage("lower"), await hashOfImage("upper")];
    expect(await hashOfImage("lower")).toBe(lower);
    await put("lower", PLAIN, { "packages.txt": "numpy \n" });
    expect(await hashOfImage("lower")).not.toBe(lower);
    expect(await hashOfImage("upper")).not.toBe(upper);
  });

  it("is built after what it stands on", async () => {
    await put("a-top", "ARG BASE=nightshift/b-middle\nFROM $BASE\n");
    await put("b-middle", "ARG BASE=localhost/nightshift/c-bottom:latest\nFROM $BASE\n");
    await put("c-bottom", PLAIN);
    const images = await readImageFolders([root]);
    expect(inOrder(images, ["a-top"]).map(({ name }) => name)).toEqual(["c-bottom", "b-middle", "a-top"]);
    expect(inOrder(images, ["c-bottom"]).map(({ name }) => name)).toEqual(["c-bottom"]);
  });

  it("hides a shipped one of the same name", async () => {
    await put("python", PLAIN);
    const shipped = path.join(import.meta.dirname, "../../tasks/_images");
    const images = await readImageFolders([root, shipped]);
    expect(images.get("python")?.folder).toBe(path.join(root, "python"));
  });

  it("can be read for every image that ships", async () => {
    const images = await readImageFolders([path.join(import.meta.dirname, "../../tasks/_images")]);
    expect([...images.keys()]).toContain("python");
    for (const name of images.keys()) expect(inOrder(images, [name]).at(-1)?.name).toBe(name);
  });
});

const BAD: readonly { what: string; make: () => Promise<unknown>; says: RegExp }[] = [
  {
    what: "no Dockerfile",
    make: () => mkdir(path.join(root, "empty")),
    says: /\/empty\/Dockerfile: missing; every folder of tasks\/_images has one$/,
  },
  {
    what: "no ARG BASE",
    make: () => put("bare", "FROM debian:bookworm-slim\n"),
    says: /\/bare\/Dockerfile:1: there is no `ARG BASE` before the first FROM; begin with/,
  },
  {
    what: "an ARG BASE after FROM",
    make: () => put("late", "FROM debian\nARG BASE=debian\n"),
    says: /\/late\/Dockerfile:1: there is no `ARG BASE` before/,
  },
  {
    what: "a package index in the last stage",
    make: () => put("index", "ARG BASE=debian\nFROM $BASE\nARG PIP_INDEX_URL\n"),
    says: /\/index\/Dockerfile:3: `ARG PIP_INDEX_URL` in the last stage would keep this machine's settings/,
  },
  {
    what: "certificates in the last stage",
    make: () => put("keys", "ARG BASE=debian\nFROM $BASE\nCOPY certificates.pem* /\n"),
    says: /\/keys\/Dockerfile:3: `COPY certificates\.pem\* \/` in the last stage .* earlier stage/,
  },
  {
    what: "a base that there is not",
    make: async () => {
      await put("science", PLAIN);
      await put("deep", "# deep\nARG BASE=nightshift/sience\nFROM $BASE\n");
    },
    says: /\/deep\/Dockerfile:2: there is no image "sience" in tasks\/_images; did you mean `science`\?$/,
  },
  {
    what: "images that stand on each other",
    make: async () => {
      await put("one", "ARG BASE=nightshift/two\nFROM $BASE\n");
      await put("two", "ARG BASE=nightshift/one\nFROM $BASE\n");
    },
    says: /^the images one → two → one stand on each other$/,
  },
  {
    what: "a name in capitals",
    make: () => put("Torch", PLAIN),
    says: /\/Torch: an image's name has small letters/,
  },
  {
    what: "a link",
    make: async () => {
      await put("linked", PLAIN);
      await symlink("/etc/passwd", path.join(root, "linked", "passwd"));
    },
    says: /\/linked\/passwd: not a regular file; an image's folder has files only$/,
  },
  {
    what: "a file that is too large",
    make: async () => {
      await put("large", PLAIN, { "model.bin": "" });
      await truncate(path.join(root, "large", "model.bin"), 65 * 1024 * 1024);
    },
    says: /\/large: more than 1000 files or 64 MB; fetch what is large in a RUN line$/,
  },
];

describe("refuses", () => {
  it.each(BAD)("$what", async ({ make, says }) => {
    await make();
    await expect(readImageFolders([root])).rejects.toThrow(says);
  });

  it("an image that there is not", async () => {
    await put("python", PLAIN);
    const images = await readImageFolders([root]);
    expect(() => inOrder(images, ["pyhton"])).toThrow(
      /^there is no image "pyhton" in tasks\/_images; did you mean `python`\?$/,
    );
  });

  it("a bundle of certificates that is none", async () => {
    await put("python", PLAIN);
    const env = (name: string) => (name === "SSL_CERT_FILE" ? "/nowhere/ca.pem" : undefined);
    await expect(layOutContext(path.join(root, "python"), path.join(root, "to"), env)).rejects.toThrow(
      /^SSL_CERT_FILE=\/nowhere\/ca\.pem: not a readable bundle of certificates; correct or unset it$/,
    );
  });
});

describe("a build's settings", () => {
  it("are passed by name alone, and an index only where the Dockerfile takes it", () => {
    const env = (name: string) =>
      ["https_proxy", "PIP_INDEX_URL", "PIP_TRUSTED_HOST"].includes(name) ? "https://user:word@index" : "";
    expect(passedArguments(env, new Set(["BASE", "PIP_INDEX_URL"]))).toEqual([
      "https_proxy",
      "PIP_INDEX_URL",
    ]);
  });
});
